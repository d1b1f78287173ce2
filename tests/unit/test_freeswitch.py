"""What FreeSWITCH's replies mean, whatever carries them."""

import json
import logging
import time

import pytest

from sipapp.api import Extension, Registration, Values
from sipapp.freeswitch.client import FreeSwitch
from sipapp.freeswitch.strategy import FreeSwitchReload
from sipapp.freeswitch.transport import Transport
from sipapp.model.errors import SwitchProtocolError, SwitchRefused, SwitchTimeout
from sipapp.switches.strategy import SwitchContext
from sipapp.testing.fake_freeswitch import BROKEN, FakeFreeSwitch
from sipapp.testing.listed_view import ListedView
from sipapp.testing.reload_contract import ODD_IDS


class Direct(Transport):
    """Asks a fake FreeSWITCH without anything between, and records what was asked."""

    def __init__(self):
        self.switch = FakeFreeSwitch(users={"1000", "Alice"}, pointers={"1000", "1005"})
        self.asked = []
        self.closed = False
        self.pause = 0.0

    def command(self, command, *, timeout):
        self.asked.append(command)
        time.sleep(self.pause)
        return self.switch.answer(command) or "-ERR no reply\n"

    def close(self):
        self.closed = True


@pytest.fixture
def transport():
    return Direct()


@pytest.fixture
def freeswitch(transport):
    return FreeSwitch(transport)


@pytest.fixture
def make_strategy(transport):
    def make(domain="phone.test"):
        strategy = FreeSwitchReload(transport, timeout=5.0)
        strategy.start(SwitchContext(domain, ListedView(list)))
        return strategy

    return make


class TestReload:
    def test_success_is_exactly_success(self, freeswitch):
        assert freeswitch.reload_xml(timeout=1) == "+OK [Success]"

    @pytest.mark.parametrize(
        ("reply", "words"),
        [
            (BROKEN, "[error near line 7674]: unexpected closing tag </user>"),
            ("+OK [Cannot Open log directory or XML Root!]\n", None),
            ("+OK [Success ]\n", "Success"),
            ("+OK [[Success]]\n", "[Success]"),
            ("+OK []\n", "nothing"),
            ("-ERR permission denied", "-ERR permission denied"),
            ("-ERR reloadxml Command not found!\n", "-ERR reloadxml Command not found!"),
            ("+OK [tag\x1b[31m\x00 \u202eevil\n\nline]\n", "tag [31m \\u202eevil line"),
            ("+OK [" + "x" * 5000 + "]\n", "x" * 300 + "…"),
        ],
    )
    def test_anything_else_it_says_is_a_refusal_in_its_words(
        self, freeswitch, transport, reply, words
    ):
        transport.switch.answers["reloadxml"] = reply
        with pytest.raises(SwitchRefused) as caught:
            freeswitch.reload_xml(timeout=1)
        assert str(caught.value) == (words or "Cannot Open log directory or XML Root!")

    @pytest.mark.parametrize("reply", ["", "+OK", "+OK [Success] +OK", "<html>", "OK [Success]"])
    def test_what_freeswitch_never_says_is_no_refusal(self, freeswitch, transport, reply):
        transport.command = lambda *_, **__: reply
        with pytest.raises(SwitchProtocolError, match="unknown answer to reloadxml"):
            freeswitch.reload_xml(timeout=1)


class TestUserExists:
    @pytest.mark.parametrize(
        ("user", "exists"),
        [("1000", True), ("Alice", True), ("1005", False), ("4711", False)],
        ids=["a user with a pointer", "a user", "only a pointer", "nobody"],
    )
    def test_a_pointer_is_no_user(self, freeswitch, user, exists):
        assert freeswitch.user_exists(user, "phone.test", timeout=1) is exists

    def test_another_domain_does_not_have_them(self, freeswitch):
        assert freeswitch.user_exists("1000", "elsewhere.test", timeout=1) is False

    @pytest.mark.parametrize(("answers_as", "exists"), [("1000", True), ("9999", False)])
    def test_a_user_of_another_type_who_answers_for_everybody(
        self, freeswitch, transport, answers_as, exists
    ):
        transport.switch.answers |= {
            "user_data 1000@phone.test attr type": "x",
            "user_data 1000@phone.test attr id": answers_as,
        }
        assert freeswitch.user_exists("1000", "phone.test", timeout=1) is exists

    @pytest.mark.parametrize(
        "command",
        [
            "user_exists id 1000 phone.test",
            "user_data 1000@phone.test attr type",
            "user_data 1000@phone.test attr id",
        ],
    )
    def test_an_account_that_may_not_ask_does_not_know(
        self, freeswitch, transport, command, caplog
    ):
        transport.switch.answers |= {
            "user_data 1000@phone.test attr type": "x",
            command: "-ERR permission denied",
        }
        with caplog.at_level(logging.WARNING):
            assert freeswitch.user_exists("1000", "phone.test", timeout=1) is None
        assert "-ERR permission denied" in caplog.text

    def test_an_odd_answer_is_reported(self, freeswitch, transport):
        transport.switch.answers["user_exists id 1000 phone.test"] = "maybe"
        with pytest.raises(SwitchProtocolError, match="'maybe'"):
            freeswitch.user_exists("1000", "phone.test", timeout=1)

    @pytest.mark.parametrize("user", ODD_IDS, ids=ascii)
    def test_an_odd_user_is_not_asked_for(self, freeswitch, transport, user):
        with pytest.raises(ValueError, match="not a user and a domain"):
            freeswitch.user_exists(user, "phone.test", timeout=1)
        assert transport.asked == []

    @pytest.mark.parametrize("domain", ["", "a b", "a\napi x", "-", "a;;b", "a@b"])
    def test_an_odd_domain_is_not_asked_for(self, freeswitch, transport, domain):
        with pytest.raises(ValueError, match="not a user and a domain"):
            freeswitch.user_exists("1000", domain, timeout=1)
        assert transport.asked == []

    @pytest.mark.parametrize("domain", ["127.0.0.2", "::1", "[fe80::1]", "pbx_1.example.org"])
    def test_addresses_are_domains(self, freeswitch, transport, domain):
        transport.switch.domain = domain
        assert freeswitch.user_exists("1000", domain, timeout=1) is True

    def test_one_time_limit_covers_all_questions(self, freeswitch, transport):
        transport.pause = 0.05
        with pytest.raises(SwitchTimeout):
            freeswitch.user_exists("1000", "phone.test", timeout=0.02)
        assert len(transport.asked) == 1


class TestStrategy:
    def test_the_inis_domain_is_used(self, make_strategy, transport):
        assert make_strategy("PHONE.test").knows("1000", timeout=1) is True
        assert transport.asked[0] == "user_exists id 1000 PHONE.test"

    def test_without_one_freeswitch_is_asked_for_its_own(self, make_strategy, transport):
        assert make_strategy("").knows("1000", timeout=1) is True
        assert transport.asked[:2] == [
            "global_getvar domain",
            "user_exists id 1000 phone.test",
        ]

    @pytest.mark.parametrize("domain", ["", "-ERR permission denied", "two words"])
    def test_without_any_domain_nothing_is_verified_and_the_log_says_so(
        self, make_strategy, transport, domain, caplog
    ):
        transport.switch.domain = domain
        with caplog.at_level(logging.WARNING):
            assert make_strategy("").knows("1000", timeout=1) is None
        assert "set sipapp.domain" in caplog.text
        assert transport.asked == ["global_getvar domain"]

    @pytest.mark.parametrize("extension_id", ODD_IDS, ids=ascii)
    def test_nothing_is_asked_about_odd_ids(self, make_strategy, transport, extension_id):
        assert make_strategy().knows(extension_id, timeout=1) is None
        assert transport.asked == []

    def test_the_sign_of_life_is_the_version(self, make_strategy):
        assert make_strategy().ping(timeout=1) == "FreeSWITCH 1.10.12-release"

    def test_stop_closes_the_transport(self, make_strategy, transport):
        make_strategy().stop()
        assert transport.closed

    def test_a_transport_need_not_hold_anything(self):
        class Nothing(Transport):
            def command(self, command, *, timeout):
                return ""

        FreeSwitchReload(Nothing(), timeout=1).stop()


class TestForgetting:
    def test_cache_and_registrations_of_the_user_are_dropped(self, make_strategy, transport):
        transport.switch.phones += ["1000", "1001", "1000"]
        transport.switch.answers["xml_flush_cache id 1000 phone.test"] = "+OK cleared 1 entry\n"
        said = make_strategy().forget("1000", timeout=5)
        assert said == "1 cache entry was dropped. 2 registrations were dropped."
        assert transport.switch.phones == ["1001"]
        assert transport.asked == [
            "xml_flush_cache id 1000 phone.test",
            "sofia xmlstatus profile internal user 1000@phone.test",
            "sofia profile internal flush_inbound_reg 1000@phone.test",
            "sofia xmlstatus profile internal user 1000@phone.test",
        ]

    def test_no_phone_was_registered(self, make_strategy):
        assert make_strategy().forget("1000", timeout=5) == "No phone was registered as it."

    def test_every_profile_is_asked(self, transport):
        strategy = FreeSwitchReload(transport, timeout=5.0, profiles=("internal", "tls"))
        strategy.start(SwitchContext("phone.test", ListedView(list)))
        transport.switch.phones += ["1000"]
        transport.switch.answers["sofia xmlstatus profile tls user 1000@phone.test"] = (
            "Invalid Profile!\n"
        )
        transport.switch.answers["sofia profile tls flush_inbound_reg 1000@phone.test"] = (
            "Invalid Profile [tls]\n"
        )
        assert strategy.forget("1000", timeout=5) == (
            "Its registrations with tls were not dropped: Invalid Profile [tls]. "
            "1 registration was dropped."
        )

    def test_a_registration_that_stays_is_reported(self, make_strategy, transport):
        transport.switch.phones += ["1000"]
        transport.switch.answers["sofia profile internal flush_inbound_reg 1000@phone.test"] = (
            "+OK flushing all registrations matching specified call_id\n"
        )
        assert "1 phone was still registered" in make_strategy().forget("1000", timeout=5)

    def test_an_account_that_may_only_flush_gets_no_count(self, make_strategy, transport):
        transport.switch.answers["sofia xmlstatus profile internal user 1000@phone.test"] = (
            "-ERR permission denied\n"
        )
        said = make_strategy().forget("1000", timeout=5)
        assert said == "Its registrations were dropped."

    def test_the_domain_is_freeswitchs_own_if_the_ini_has_none(self, make_strategy, transport):
        make_strategy("").forget("1000", timeout=5)
        assert transport.asked[-1].endswith("flush_inbound_reg 1000@phone.test")

    @pytest.mark.parametrize("extension_id", ODD_IDS, ids=ascii)
    def test_no_other_registration_is_dropped(self, make_strategy, transport, extension_id):
        assert "not dropped" in make_strategy().forget(extension_id, timeout=5)
        assert transport.asked == []

    @pytest.mark.parametrize("user", ["", "@phone.test", "1000 x"])
    @pytest.mark.parametrize("domain", ["phone.test", "", "a b", "x;;version"])
    def test_an_impossible_user_or_domain_is_no_command(self, freeswitch, transport, user, domain):
        with pytest.raises(ValueError, match="not a user and a domain"):
            freeswitch.flush_registrations(user, domain, "internal", timeout=1)
        assert transport.asked == []

    def test_an_account_that_may_not_is_reported(self, make_strategy, transport):
        transport.switch.answers["xml_flush_cache id 1000 phone.test"] = "-ERR permission denied\n"
        said = make_strategy().forget("1000", timeout=5)
        assert "Its cache entry was not dropped: -ERR permission denied." in said
        assert "flush_inbound_reg 1000@phone.test" in transport.asked[-1]

    def test_an_unknown_domain_is_no_domain(self, make_strategy, transport):
        transport.switch.answers["global_getvar domain"] = "-ERR no reply\n"
        assert "sipapp.domain" in make_strategy("").forget("1000", timeout=5)
        assert transport.asked == ["global_getvar domain"]


class TestOwnPins:
    """The voicemail PINs that people set by phone, in the table of mod_voicemail."""

    QUESTION = "vm_prefs default/1000@phone.test|password"

    @pytest.fixture
    def pins(self, transport):
        transport.switch.own_pins = {"1000": "4711", "1001": "4712", "1000@branch.example": "4713"}
        return transport.switch.own_pins

    def test_the_pin_of_the_extension_is_removed_and_no_other(self, make_strategy, transport, pins):
        said = make_strategy().drop_own_pins(["1000"], timeout=5)
        assert said == (
            "The PIN that was set by phone was removed: the mailbox opens by the new one alone."
        )
        assert pins == {"1000": "", "1001": "4712", "1000@branch.example": "4713"}
        assert transport.asked == [
            "voicemail status",
            self.QUESTION,
            "vm_fsdb_pref_password_set default phone.test 1000 ''",
            self.QUESTION,
        ]

    def test_an_extension_of_another_domain(self, make_strategy, pins):
        make_strategy("").drop_own_pins(["1000@branch.example"], timeout=5)
        assert pins == {"1000": "4711", "1001": "4712", "1000@branch.example": ""}

    def test_who_has_set_none_is_not_written_down(self, make_strategy, transport, pins):
        del pins["1000"]
        assert make_strategy().drop_own_pins(["1000"], timeout=5) == ""
        assert transport.asked == ["voicemail status", self.QUESTION]

    def test_without_voicemail_there_is_none(self, make_strategy, transport):
        assert make_strategy().drop_own_pins(["1000"], timeout=5) == ""
        assert transport.asked == ["voicemail status"]

    def test_a_pin_that_stays_is_told_with_what_to_do(self, make_strategy, transport, pins):
        transport.switch.answers["vm_fsdb_pref_password_set default phone.test 1000 ''"] = "-OK\n"
        assert make_strategy().drop_own_pins(["1000"], timeout=5) == (
            "The PIN that was set by phone still opens the mailbox beside the new one. "
            "Run in fs_cli: vm_fsdb_pref_password_set default phone.test 1000 ''"
        )
        assert pins["1000"] == "4711"

    @pytest.mark.parametrize("command", ["voicemail status", QUESTION])
    def test_an_account_that_may_not_is_told_with_what_to_do(
        self, make_strategy, transport, pins, command
    ):
        transport.switch.answers[command] = "-ERR permission denied\n"
        said = make_strategy().drop_own_pins(["1000"], timeout=5)
        assert "A PIN that was set by phone may still open the mailbox" in said
        assert "(-ERR permission denied)" in said
        assert "vm_fsdb_pref_password_set default phone.test 1000 ''" in said
        assert "4711" not in said
        assert pins["1000"] == "4711"

    def test_many_are_removed_and_those_that_were_not_looked_for_are_told(
        self, make_strategy, transport, pins
    ):
        ids = [str(number) for number in range(1000, 1000 + transport.questions + 5)]
        said = make_strategy().drop_own_pins(ids, timeout=5)
        assert said == (
            "2 PINs that had been set by phone were removed. It is not known whether a PIN set "
            "by phone still opens the mailboxes of 5 extensions."
        )
        assert pins["1000"] == ""

    def test_an_odd_id_or_an_unknown_domain_is_no_command(self, make_strategy, transport):
        assert make_strategy().drop_own_pins(["x y"], timeout=5) != ""
        transport.switch.answers["global_getvar domain"] = "-ERR no reply\n"
        assert make_strategy("").drop_own_pins(["1000"], timeout=5) != ""
        assert not [each for each in transport.asked if each.startswith("v")]


class TestEndingCalls:
    def test_calls_of_the_user_are_hung_up_and_no_others(self, make_strategy, transport):
        transport.switch.channels |= {"a-1": "1000", "b-2": "1001", "c-3": "1000"}
        assert make_strategy().end_calls("1000", timeout=5) == "2 calls were ended."
        assert transport.switch.channels == {"b-2": "1001"}
        assert make_strategy().end_calls("1000", timeout=5) == "It had no call."

    def test_calls_that_it_made_without_manage_presence(self, make_strategy, transport):
        transport.switch.answers["show channels as json"] = json.dumps(
            {
                "row_count": 2,
                "rows": [
                    {"uuid": uuid, "name": f"sofia/internal/{user}", "direction": "inbound"}
                    for uuid, user in {"a-1": "1000@phone.test", "b-2": "1001@phone.test"}.items()
                ],
            }
        )
        transport.switch.answers["uuid_kill a-1"] = "+OK\n"
        assert make_strategy().end_calls("1000", timeout=5) == "1 call was ended."

    def test_the_same_number_of_another_domain_goes_on(self, make_strategy, transport):
        transport.switch.answers["show channels as json"] = (
            '{"row_count": 2, "rows": [{"uuid": "a-1", "presence_id": "1000@other.test"},'
            ' {"uuid": "x;;version", "presence_id": "1000@phone.test"}]}'
        )
        assert make_strategy().end_calls("1000", timeout=5) == "It had no call."

    @pytest.mark.parametrize("extension_id", ODD_IDS, ids=ascii)
    def test_an_odd_name_ends_nothing(self, make_strategy, transport, extension_id):
        assert "not ended" in make_strategy().end_calls(extension_id, timeout=5)
        assert transport.asked == []

    def test_a_call_that_ends_by_itself_meanwhile_is_no_fault(self, make_strategy, transport):
        transport.switch.channels |= {"a-1": "1000", "c-3": "1000"}
        transport.switch.answers["uuid_kill a-1"] = "-ERR No such channel!\n"
        assert make_strategy().end_calls("1000", timeout=5) == "1 call was ended."


class TestManyUsers:
    def test_each_is_asked_for_up_to_the_transports_limit(self, make_strategy, transport):
        transport.switch = FakeFreeSwitch(users={str(each) for each in range(2000, 2100)})
        wanted = [str(each) for each in range(2000, 2100)]
        strategy = make_strategy()
        found = strategy.knows_each(wanted, timeout=5)
        assert len(found) == transport.questions == 20
        assert {"2000", "2099"} <= found.keys()
        assert set(found.values()) == {True}
        assert strategy.knows_each(["2001", "4711", "a b"], timeout=5) == {
            "2001": True,
            "4711": False,
            "a b": None,
        }

    def test_those_that_there_was_no_time_for_are_left_out(self, make_strategy, transport):
        transport.pause = 0.02
        found = make_strategy().knows_each([str(each) for each in range(20)], timeout=0.2)
        assert 0 < len(found) < 20


BRANCH = "1000@branch.example"


class TestDomains:
    """Users of two domains, who are two."""

    @pytest.fixture
    def strategy(self, transport, make_strategy):
        transport.switch = FakeFreeSwitch(users={"1000", BRANCH}, phones=["1000", BRANCH])
        transport.switch.channels.update({"c-1": "1000", "c-2": BRANCH})
        return make_strategy()

    def test_each_is_asked_for_in_its_domain(self, transport, strategy):
        missing = "1001@branch.example"
        found = strategy.knows_each(["1000", BRANCH, missing], timeout=1)
        assert found == {"1000": True, BRANCH: True, missing: False}
        assert "user_exists id 1000 branch.example" in transport.asked
        assert "user_exists id 1000 phone.test" in transport.asked

    def test_values_are_those_of_the_domain(self, transport, strategy):
        transport.switch.extensions = lambda: [Extension("1000", "a"), Extension(BRANCH, "b")]
        strategy.reload(timeout=1)
        values = {"1000": Values({"password": "a"}), BRANCH: Values({"password": "b"})}
        assert strategy.differences([*values], values, timeout=1) == {"1000": [], BRANCH: []}
        swapped = {"1000": values[BRANCH], BRANCH: values["1000"]}
        assert strategy.differences([*values], swapped, timeout=1) == {
            "1000": ["password"],
            BRANCH: ["password"],
        }
        assert "xml_flush_cache id 1000 branch.example" in transport.asked

    def test_what_a_domain_has_itself_is_asked_of_that_domain(self, transport, strategy):
        transport.switch.domain_values["var", "toll_allow"] = "local"
        values = {BRANCH: Values({}, {"toll_allow": "local"})}
        assert strategy.differences([BRANCH], values, timeout=1) == {BRANCH: []}
        assert "domain_data branch.example var toll_allow" in transport.asked

    def test_one_is_dropped_and_the_other_is_not(self, transport, strategy):
        assert strategy.forget(BRANCH, timeout=1) == "1 registration was dropped."
        assert transport.switch.phones == ["1000"]
        assert strategy.end_calls(BRANCH, timeout=1) == "1 call was ended."
        assert transport.switch.channels == {"c-1": "1000"}

    def test_the_switches_own_domain_is_needed_for_bare_ids_only(
        self, transport, make_strategy, caplog
    ):
        transport.switch = FakeFreeSwitch(users={"1000", BRANCH}, phones=[BRANCH])
        transport.switch.answers["global_getvar domain"] = "-ERR no reply"
        strategy = make_strategy(domain="")
        assert strategy.knows_each(["1000", BRANCH], timeout=1) == {"1000": None, BRANCH: True}
        assert "set sipapp.domain in the ini" in caplog.text
        assert strategy.forget(BRANCH, timeout=1) == "1 registration was dropped."

    def test_an_unknown_one_is_explained_by_the_file_of_its_domain(
        self, transport, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(Direct, "is_local", True)
        transport.switch.variables["conf_dir"] = str(tmp_path)
        strategy = FreeSwitchReload(transport, timeout=5.0)
        strategy.start(
            SwitchContext("phone.test", ListedView(list), tmp_path / "directory" / "default")
        )
        said = strategy.explain("1001@branch.example", timeout=1)
        assert f"a file of {tmp_path}/directory has the domain branch.example" in said

    def test_a_registration_of_another_domain_is_dropped_by_its_user(self, transport, strategy):
        found = Registration(BRANCH, "branch.example", "", "", "", None, None, call_id="short")
        strategy.drop_registration(found, timeout=1)
        assert transport.asked[-1] == "sofia profile internal flush_inbound_reg " + BRANCH

    @pytest.mark.parametrize("call_id", ["office-of-somebody", "OFFICE-of-somebody"])
    def test_a_registration_whose_call_id_is_its_own_domain_is_dropped_by_its_user(
        self, transport, strategy, call_id
    ):
        """FreeSWITCH would drop all registrations of the domain."""
        domain = "office-of-somebody"
        found = Registration("1000", domain, "", "", "", None, None, call_id=call_id)
        strategy.drop_registration(found, timeout=1)
        assert transport.asked[-1] == f"sofia profile internal flush_inbound_reg 1000@{domain}"


class TestFaultsWords:
    """What a file says may be a password."""

    @pytest.mark.parametrize(
        ("said", "shown"),
        [
            ("unexpected closing tag </user>", "unexpected closing tag </user>"),
            ("unexpected closing tag </S3cret>", "unexpected closing tag </…>"),
            ('unclosed tag <S3cret"/>', "unclosed tag <…>"),
            ("unclosed tag <params>", "unclosed tag <params>"),
            ("unclosed tag <S3cret", "unclosed tag <…"),
            ("circular entity declaration &S3cret", "circular entity declaration &…"),
        ],
    )
    def test_what_is_quoted_is_shown_only_if_it_is_freeswitchs_own(
        self, freeswitch, transport, said, shown
    ):
        transport.switch.answers["reloadxml"] = f"+OK [[error near line 7]: {said}]\n"
        with pytest.raises(SwitchRefused) as caught:
            freeswitch.reload_xml(timeout=1)
        assert str(caught.value) == f"[error near line 7]: {shown}"
