import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sipapp.accounts.user_file import UserFile, UserRefused, equalize_timing, matches
from sipapp.model.account import Role
from sipapp.model.errors import SettingsError

PASSWORD = "a long password: ünïcode"

pytestmark = pytest.mark.usefixtures("quick_hashes")


@pytest.fixture
def file(tmp_path):
    return UserFile(tmp_path / "users")


def test_a_user_is_kept_with_role_and_hash_and_not_with_the_password(file, tmp_path):
    file.put("zoë", Role.OPERATOR, PASSWORD)

    (user,) = UserFile(tmp_path / "users").users().values()
    assert (user.name, user.role) == ("zoë", Role.OPERATOR)
    assert matches(user, PASSWORD)
    assert not matches(user, PASSWORD + "x")
    text = (tmp_path / "users").read_text("utf-8")
    assert "$argon2id$" in text
    assert PASSWORD not in text
    assert stat.S_IMODE((tmp_path / "users").stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["users"]


def test_a_name_that_does_not_exist_takes_as_long_as_a_wrong_password(file):
    def seconds(check):
        start = time.process_time()
        for _ in range(300):
            check()
        return time.process_time() - start

    file.put("zoë", Role.VIEWER, PASSWORD)
    (user,) = file.users().values()
    wrong = seconds(lambda: matches(user, "another long password"))
    assert wrong / 3 < seconds(equalize_timing) < wrong * 3


def test_a_change_of_the_file_is_seen_at_once(file, tmp_path):
    file.put("a", Role.VIEWER, PASSWORD)
    other = UserFile(tmp_path / "users")
    assert set(other.users()) == {"a"}
    file.put("b", Role.VIEWER, PASSWORD)
    assert set(other.users()) == {"a", "b"}
    file.remove("a")
    assert set(other.users()) == {"b"}


def test_comments_and_order_stay(file, tmp_path):
    file.put("zoe", Role.VIEWER, PASSWORD)
    file.put("ann", Role.VIEWER, PASSWORD)
    path = tmp_path / "users"
    zoe, ann = path.read_text().splitlines()
    path.write_text(f"# The help desk\n{zoe}\n\n  \n# The boss\n{ann}\n# The end")

    file.put("zoe", Role.OPERATOR, PASSWORD)
    file.put("bob", Role.VIEWER, PASSWORD)
    lines = path.read_text().splitlines()
    assert lines[1].startswith("zoe:operator:$argon2id$")
    assert lines[7].startswith("bob:viewer:$argon2id$")
    assert lines[:1] + lines[2:7] == ["# The help desk", "", "  ", "# The boss", ann, "# The end"]

    file.remove("zoe")
    assert path.read_text().splitlines() == [lines[0], *lines[2:]]
    assert list(file.users()) == ["ann", "bob"]


def test_of_a_user_who_stands_there_twice_the_last_line_counts(file, tmp_path):
    file.put("a", Role.VIEWER, PASSWORD)
    path = tmp_path / "users"
    path.write_text(f"{path.read_text()}# again\n{path.read_text()}")
    file.put("a", Role.OPERATOR, PASSWORD)
    comment, line = path.read_text().splitlines()
    assert (comment, line[:11]) == ("# again", "a:operator:")
    file.remove("a")
    assert path.read_text() == "# again\n"


def test_a_name_may_have_what_other_programs_take_for_a_line_end(file):
    file.put("a\u2028b", Role.VIEWER, PASSWORD)
    assert set(file.users()) == {"a\u2028b"}


def test_a_file_that_cannot_be_understood_is_not_changed(file, tmp_path):
    path = tmp_path / "users"
    path.write_text("# users\nsecret\n", "utf-8")
    path.chmod(0o600)
    with pytest.raises(SettingsError, match="line 2"):
        file.put("a", Role.VIEWER, PASSWORD)
    assert path.read_text() == "# users\nsecret\n"


@pytest.mark.parametrize(
    "name", ["", " ", "#a", "a:b", "a\nb", " a", "a ", "a" * 65, "a\x00", "a\x7f"]
)
def test_a_name_that_the_file_cannot_hold_is_refused(file, tmp_path, name):
    with pytest.raises(UserRefused, match="1 to 64 characters"):
        file.put(name, Role.VIEWER, PASSWORD)
    assert not (tmp_path / "users").exists()


@pytest.mark.parametrize("name", ["ann\u202e", "\u200bann", "an\u3164n"])
def test_a_name_that_looks_like_another_one_is_refused(file, tmp_path, name):
    with pytest.raises(UserRefused, match="Remove the invisible character"):
        file.put(name, Role.VIEWER, PASSWORD)
    assert not (tmp_path / "users").exists()


def test_a_short_password_is_refused(file):
    with pytest.raises(UserRefused, match="at least 12"):
        file.put("a", Role.VIEWER, "short")


def test_an_unknown_user_cannot_be_removed(file):
    file.put("a", Role.VIEWER, PASSWORD)
    with pytest.raises(UserRefused, match="no user 'b'"):
        file.remove("b")
    assert set(file.users()) == {"a"}


@pytest.mark.parametrize("line", ["secret", "a:viewer", "a:root:$argon2id$", "::"])
def test_a_line_that_is_none_is_named_and_not_quoted(file, tmp_path, line):
    path = tmp_path / "users"
    path.write_text(f"# users\n\n{line}\n", "utf-8")
    path.chmod(0o600)
    with pytest.raises(SettingsError, match="line 3: not NAME:ROLE:HASH") as caught:
        file.users()
    assert "secret" not in str(caught.value)


def test_a_file_that_others_can_read_is_refused(file, tmp_path):
    file.put("a", Role.VIEWER, PASSWORD)
    (tmp_path / "users").chmod(0o640)
    (tmp_path / "users").write_text((tmp_path / "users").read_text())
    with pytest.raises(SettingsError, match="chmod 600"):
        UserFile(tmp_path / "users").users()


def test_a_file_that_is_no_text_is_refused(file, tmp_path):
    (tmp_path / "users").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="cannot be read"):
        file.users()


def test_several_at_the_same_time_lose_nothing(file):
    names = [f"user{number}" for number in range(8)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: file.put(name, Role.VIEWER, PASSWORD), names))
    assert set(file.users()) == set(names)


def sipapp(*arguments, stdin=""):
    code = "import sys; from sipapp.cli.main import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_adds_lists_and_removes(tmp_path):
    ini = tmp_path / "x.ini"
    users = tmp_path / "users"
    ini.write_text(f"[app:main]\nuse = egg:sipapp\nsipapp.users = {users}\n")

    added = sipapp("user", "add", ini, "bob", "--role", "operator", stdin=f"{PASSWORD}\n")
    assert (added.returncode, added.stdout) == (0, "User bob was added, as operator.\n")
    assert matches(UserFile(users).users()["bob"], PASSWORD)
    assert sipapp("user", "list", ini).stdout == "bob\toperator\n"
    again = sipapp("user", "add", ini, "bob", stdin="another long password\n")
    assert again.stdout == "User bob has a new password, as viewer.\n"
    assert sipapp("user", "remove", ini, "bob").stdout == "User bob was removed.\n"
    assert sipapp("user", "list", ini).stdout == ""


def test_the_command_says_what_is_wrong(tmp_path):
    ini = tmp_path / "x.ini"
    ini.write_text("[app:main]\nuse = egg:sipapp\n")
    done = sipapp("user", "list", ini)
    assert done.returncode == 2
    assert "sipapp.users = PATH" in done.stderr
