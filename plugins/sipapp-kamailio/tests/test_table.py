"""What the switch makes of the storage: which extensions can register, and what is on disk."""

import sqlite3
import stat
from contextlib import closing

import pytest

from sipapp.api import (
    ChangeSet,
    ExtensionNotFound,
    Secret,
    StorageUnavailable,
    SwitchContext,
    SwitchUnreachable,
    Values,
    ha1,
)
from sipapp.testing.listed_view import ListedView
from sipapp.testing.waiting import eventually

DOMAIN = "phone.test"


@pytest.fixture
def table_only(make_switch, home, free_port, directory):
    """The strategy for a Kamailio that others run."""
    switch = make_switch(spawn=False)
    switch.start(directory.context())
    return switch


def rows(home):
    with closing(sqlite3.connect(home / "subscribers.db")) as database:
        return sorted(database.execute("SELECT username, domain, ha1 FROM subscriber"))


def test_a_created_extension_registers_at_once(switch, phone, directory):
    directory.put("1020", "secret-1020")

    assert switch.reload(timeout=5) == "3 extensions in Kamailio's table"
    assert switch.knows("1020", timeout=5) is True
    assert phone("1020").register().status == 200


def test_a_changed_password_takes_effect_at_once(switch, phone, directory):
    directory.put("1000", "another")
    switch.reload(timeout=5)

    assert phone("1000").register().status == 403
    assert phone("1000", "another").register().status == 200


def test_a_deleted_extension_can_neither_register_nor_be_called(
    switch, phone, registered, directory
):
    registered("1000")
    registered("1001")
    del directory.extensions["1001"]
    switch.reload(timeout=5)

    assert switch.knows("1001", timeout=5) is False
    assert phone("1001").register().status == 403
    answer = phone("1000").request("INVITE", f"sip:1001@{DOMAIN}", to="1001")
    assert answer.status == 404


def test_a_new_password_ends_the_registration_with_the_old_one(
    switch, phone, registered, directory
):
    registered("1001")
    directory.put("1001", "another")
    switch.reload(timeout=5)

    answer = phone("1000").request("INVITE", f"sip:1001@{DOMAIN}", to="1001")
    assert answer.status == 404


def test_other_extensions_stay_registered(switch, phone, registered, directory):
    callee = registered("1001")
    directory.put("1000", "another")
    directory.put("1002", "secret-1002")
    switch.reload(timeout=5)

    phone("1002").invite("1001")
    assert callee.receive().method == "INVITE"


def test_registrations_that_cannot_be_ended_are_reported(switch, home, directory, caplog):
    (home / "control.sock").unlink()
    directory.put("1001", "another")

    assert switch.reload(timeout=5) == "2 extensions in Kamailio's table"
    assert "could not be told to end registrations" in caplog.text


def test_registrations_of_mixed_case_extensions_are_dropped_too(
    switch, phone, registered, directory
):
    directory.put("Alice", "secret-Alice")
    switch.reload(timeout=5)
    registered("Alice")
    del directory.extensions["Alice"]
    switch.reload(timeout=5)

    answer = phone("1000").request("INVITE", f"sip:Alice@{DOMAIN}", to="Alice")
    assert answer.status == 404


def test_a_directory_with_a_long_odd_name_serves(make_switch, home, directory, caplog):
    long = home / ("größe ' \" " + "x" * 120)
    long.mkdir()
    (long / "root").symlink_to(home / "root")
    switch = make_switch(directory=long)
    switch.start(directory.context())
    switch.reload(timeout=5)

    del directory.extensions["1001"]
    assert switch.reload(timeout=5) == "1 extension in Kamailio's table"
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


def test_only_hashes_are_kept_and_only_for_us(switch, home):
    switch.ping(timeout=5)
    # md5("1000:phone.test:secret-1000"), by another program (md5sum)
    assert rows(home)[0] == ("1000", DOMAIN, "ab4ab51e04c71bb887a951bae618c7b1")
    for file in home.iterdir():
        if file.name == "root":
            continue
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
        if file.is_file():
            assert b"secret-" not in file.read_bytes(), file
    assert {"subscribers.db", "kamailio.log", "control.sock"} <= {
        file.name for file in home.iterdir()
    }


def test_a_new_directory_is_closed_to_others(make_switch, tmp_path, directory):
    home = tmp_path / "new" / "kamailio"
    make_switch(directory=home, spawn=False).start(directory.context())

    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_the_table_is_kept_for_a_kamailio_of_others(table_only, home, directory):
    assert [row[0] for row in rows(home)] == ["1000", "1001"]
    directory.put("1002", "x")
    del directory.extensions["1000"]

    assert table_only.reload(timeout=5) == "2 extensions in Kamailio's table"
    assert [row[0] for row in rows(home)] == ["1001", "1002"]
    with closing(sqlite3.connect(home / "subscribers.db")) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_only_differences_are_written(table_only, home, directory):
    with closing(sqlite3.connect(home / "subscribers.db")) as database:
        database.execute("CREATE TABLE written (username)")
        database.execute(
            "CREATE TRIGGER adds AFTER INSERT ON subscriber "
            "BEGIN INSERT INTO written VALUES ('INSERT ' || new.username); END"
        )
        database.execute(
            "CREATE TRIGGER removes AFTER DELETE ON subscriber "
            "BEGIN INSERT INTO written VALUES ('DELETE ' || old.username); END"
        )
        database.commit()
        directory.put("1001", "another")
        table_only.reload(timeout=5)

        written = database.execute("SELECT username FROM written ORDER BY username").fetchall()
    assert written == [("DELETE 1001",), ("INSERT 1001",)]


def test_a_user_of_two_domains_is_two_rows(table_only, home, directory):
    other = "1000@branch.example"
    directory.put(other, "secret-of-branch")
    table_only.reload(timeout=5)
    found = {(user, domain): digest for user, domain, digest in rows(home)}
    assert sorted(found) == [
        ("1000", "branch.example"),
        ("1000", DOMAIN),
        ("1001", DOMAIN),
    ]
    assert found["1000", "branch.example"] == ha1("1000", "branch.example", "secret-of-branch")
    assert table_only.knows(other, timeout=5)
    values = {other: Values({"password": "secret-of-branch"})}
    assert table_only.differences([other], values, timeout=5) == {other: ()}
    del directory.extensions[other]
    table_only.reload(timeout=5)
    assert not table_only.knows(other, timeout=5)
    assert table_only.knows("1000", timeout=5)


def test_a_table_of_an_earlier_version_is_made_anew(make_switch, home, directory):
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with closing(sqlite3.connect(home / "subscribers.db")) as database:
        database.execute(
            "CREATE TABLE subscriber (username TEXT NOT NULL PRIMARY KEY, domain TEXT NOT NULL, "
            "ha1 TEXT NOT NULL) WITHOUT ROWID"
        )
    switch = make_switch(spawn=False)
    directory.put("1000@branch.example", "secret-of-branch")
    switch.start(directory.context())
    assert [row[:2] for row in rows(home)][:2] == [("1000", "branch.example"), ("1000", DOMAIN)]


def test_a_phone_of_the_default_domain_is_not_taken_for_another(switch, open_phone, directory):
    directory.put("1000@branch.example", "secret-of-branch")
    switch.reload(timeout=5)
    assert open_phone("1000").register().status == 200
    assert open_phone("1000", "secret-of-branch").register().status == 403


class TestDomains:
    @pytest.fixture
    def switch(self, make_switch, directory):
        """A demo switch of two domains, in each of which there is a 1000."""
        directory.put("1000@branch.example", "secret-of-branch")
        directory.put("1001@branch.example", "secret-of-branch")
        switch = make_switch()
        switch.start(directory.context(DOMAIN, "branch.example"))
        switch.reload(timeout=5)
        return switch

    def of_branch(self, open_phone, user):
        return open_phone(user, "secret-of-branch", domain="branch.example")

    def test_phones_of_every_domain_register(self, switch, open_phone):
        assert self.of_branch(open_phone, "1000").register().status == 200
        assert open_phone("1000").register().status == 200
        assert open_phone("1000", domain="localhost").register().status == 200
        assert open_phone("1000", domain="branch.example").register().status == 403
        assert open_phone("1000", "secret-of-branch").register().status == 403

    def test_a_call_stays_in_its_domain(self, switch, open_phone):
        callee, other = self.of_branch(open_phone, "1001"), open_phone("1001")
        assert callee.register().status == other.register().status == 200
        self.of_branch(open_phone, "1000").invite("1001")
        assert callee.receive().start.startswith("INVITE sip:1001@")
        open_phone("1000").invite("1001")
        assert other.receive().method == "INVITE"

    def test_a_number_of_another_domain_can_be_called(self, switch, open_phone):
        callee = self.of_branch(open_phone, "1001")
        callee.register()
        caller = open_phone("1000")
        caller.send_request("INVITE", "sip:1001@branch.example", to="1001")
        challenge = caller.final()
        assert 'realm="phone.test"' in challenge.get("Proxy-Authenticate")

    def test_registrations_are_told_and_dropped_by_domain(self, switch, open_phone):
        one, other = self.of_branch(open_phone, "1000"), open_phone("1000")
        one.register()
        other.register()

        def told():
            return sorted(each.extension for each in switch.live().registrations().items)

        eventually(lambda: told() == ["1000", "1000@branch.example"])
        (found,) = switch.live().registrations_of(["1000@branch.example"])["1000@branch.example"]
        switch.drop_registration(found, timeout=5)
        eventually(lambda: told() == ["1000"])
        assert switch.forget("1000", timeout=5) == "Its registrations were dropped."
        eventually(lambda: told() == [])

    def test_a_new_password_ends_the_registration_of_its_domain(
        self, switch, open_phone, directory
    ):
        callee, other = self.of_branch(open_phone, "1001"), open_phone("1001")
        callee.register()
        other.register()
        directory.put("1001@branch.example", "another")
        switch.apply(ChangeSet(present=["1001@branch.example"]), timeout=5)
        caller = self.of_branch(open_phone, "1000")
        answer = caller.request("INVITE", "sip:1001@branch.example", to="1001")
        assert answer.status == 404
        open_phone("1000").invite("1001")
        assert other.receive().method == "INVITE"


def test_a_changed_domain_changes_every_hash(make_switch, home, directory):
    switch = make_switch(spawn=False)
    switch.start(directory.context())
    before = rows(home)
    switch.start(directory.context("other.test"))

    assert [row[1] for row in rows(home)] == ["other.test"] * 2
    assert {row[2] for row in rows(home)}.isdisjoint(row[2] for row in before)


def test_without_a_domain_phones_register_all_the_same(make_switch, directory, open_phone):
    switch = make_switch()
    switch.start(directory.context(domain=""))
    switch.reload(timeout=5)

    assert open_phone("1000").register().status == 200


def test_extensions_without_a_password_of_their_own_are_left_out(table_only, home, directory):
    directory.put("1002", inherited={"password": "$${default_password}"})
    directory.put("1003")
    directory.put("1004", "secret", enabled=False)
    directory.put("default", read_only="It holds no extension.")

    said = table_only.reload(timeout=5)

    assert said == (
        "2 extensions in Kamailio's table; left out, having no password of their own: 1002, 1003"
    )
    assert [row[0] for row in rows(home)] == ["1000", "1001"]
    # Changing one of them is no failure of this switch.
    assert table_only.knows("1002", timeout=5) is None
    assert table_only.knows("1004", timeout=5) is None
    directory.put("1002", "now it has")
    table_only.reload(timeout=5)
    assert table_only.knows("1002", timeout=5) is True


def test_many_that_were_left_out_are_counted(table_only, directory):
    directory.extensions.clear()
    for number in range(1000, 1020):
        directory.put(str(number))

    assert table_only.reload(timeout=5).endswith("1000, 1001, 1002, 1003, 1004 and 15 more")


def test_an_unreadable_storage_leaves_the_table_as_it_was(table_only, home):
    def broken():
        raise StorageUnavailable("The disk is gone.")

    table_only.start(SwitchContext(DOMAIN, ListedView(broken)))  # logs, does not raise

    with pytest.raises(SwitchUnreachable, match=r"cannot be read: The disk is gone\."):
        table_only.reload(timeout=5)
    assert len(rows(home)) == 2


def test_a_broken_database_of_others_is_reported_and_kept(make_switch, home, directory):
    (home / "subscribers.db").write_text("This is no database, but somebody may want it.")
    switch = make_switch(spawn=False)
    switch.start(directory.context())

    with pytest.raises(SwitchUnreachable, match=r"subscribers\.db cannot be used: file is not a"):
        switch.reload(timeout=5)
    assert (home / "subscribers.db").read_text().startswith("This is no database")


def test_a_broken_database_of_our_own_is_replaced(make_switch, home, directory):
    (home / "subscribers.db").write_text("This is no database, and Kamailio needs one.")
    make_switch().start(directory.context())

    assert len(rows(home)) == 2


def test_a_table_that_cannot_be_replaced_is_reported(make_switch, home, directory, caplog):
    (home / "subscribers.db").mkdir()
    make_switch().start(directory.context())

    assert "subscribers.db cannot be used: Is a directory." in caplog.text


def test_a_database_locked_by_others_is_given_up_in_time(table_only, home, directory, make_switch):
    directory.put("1002", "x")
    hasty = make_switch(spawn=False, timeout=0.1)
    hasty.start(directory.context())
    with closing(sqlite3.connect(home / "subscribers.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        directory.put("1003", "x")
        with pytest.raises(SwitchUnreachable, match="database is locked"):
            hasty.reload(timeout=60)
        with pytest.raises(SwitchUnreachable, match="database is locked"):
            table_only.apply(ChangeSet(present=["1003"]), timeout=0.1)


def test_a_stopped_switch_changes_nothing(table_only, home, directory):
    table_only.stop()
    directory.extensions.clear()

    with pytest.raises(SwitchUnreachable, match="not running"):
        table_only.reload(timeout=5)
    assert len(rows(home)) == 2


class TestChanges:
    @pytest.fixture
    def table_only(self, table_only, directory):
        """One whose storage must not be read from end to end any more."""
        stored = ListedView(lambda: list(directory.extensions.values()))
        table_only.start(SwitchContext(DOMAIN, stored))

        def iterate(*, after=""):
            raise AssertionError("everything was read")

        stored.iterate = iterate
        return table_only

    def test_only_those_that_were_changed_are_compared(self, table_only, home, directory):
        directory.put("1002", "secret-1002")
        directory.put("1003", "not told of")
        del directory.extensions["1001"]

        changes = ChangeSet(present=["1002"], absent=["1001"])
        said = table_only.apply(changes, timeout=5)

        assert said == "2 extensions taken over into Kamailio's table"
        assert [row[0] for row in rows(home)] == ["1000", "1002"]

    def test_a_changed_password_is_another_hash(self, table_only, home, directory):
        before = rows(home)
        directory.put("1000", "another")
        table_only.apply(ChangeSet(present=["1000"]), timeout=5)
        assert rows(home)[0][2] != before[0][2]
        assert rows(home)[1:] == before[1:]

    def test_the_storage_says_who_is_there(self, table_only, home, directory):
        directory.put("1000", "secret-1000", enabled=False)
        del directory.extensions["1001"]
        table_only.apply(ChangeSet(present=["1000", "1001", "a\nb"]), timeout=5)
        assert rows(home) == []

    def test_another_spelling_replaces_the_old_one(self, table_only, home, directory):
        directory.put("alice", "secret")
        table_only.apply(ChangeSet(present=["alice"]), timeout=5)
        del directory.extensions["alice"]
        directory.put("Alice", "secret")
        table_only.apply(ChangeSet(present=["Alice"], absent=["alice"]), timeout=5)
        assert [row[0] for row in rows(home)] == ["1000", "1001", "Alice"]

    def test_those_that_are_left_out_are_reported(self, table_only, directory):
        directory.put("1002")
        assert table_only.apply(ChangeSet(present=["1002"]), timeout=5) == (
            "1 extension taken over into Kamailio's table; "
            "left out, having no password of their own: 1002"
        )


def test_a_hash_that_the_storage_has_is_kept_as_it_is(table_only, home, directory):
    class Hashes(ListedView):
        def secret(self, extension_id):
            return Secret(ha1="AB" * 16)

    directory.put("1000", inherited={"password": "a1-hash"})
    context = SwitchContext(DOMAIN, Hashes(lambda: list(directory.extensions.values())))
    table_only.start(context)
    assert rows(home)[0] == ("1000", DOMAIN, "ab" * 16)


def test_one_that_goes_while_it_is_read_is_left_out(table_only, home, directory):
    class Gone(ListedView):
        def secret(self, extension_id):
            raise ExtensionNotFound(extension_id)

    directory.put("1002")
    table_only.start(SwitchContext(DOMAIN, Gone(lambda: list(directory.extensions.values()))))
    assert [row[0] for row in rows(home)] == ["1000", "1001"]


def test_a_storage_that_cannot_be_read_cannot_say_who_was_left_out(table_only):
    def broken():
        raise StorageUnavailable("The disk is gone.")

    table_only.start(SwitchContext(DOMAIN, ListedView(broken)))
    with pytest.raises(SwitchUnreachable, match="The disk is gone"):
        table_only.knows("1002", timeout=5)
