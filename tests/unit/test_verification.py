"""What a switch is asked for after a change, and the messages about what it does not have."""

import time

import pytest

from sipapp.freeswitch.strategy import COMPARED, FreeSwitchReload
from sipapp.freeswitch.transport import Transport
from sipapp.model.apply import Values
from sipapp.model.errors import SwitchRefused, SwitchTimeout, SwitchUnreachable
from sipapp.model.extension import Extension
from sipapp.switches.strategy import ReloadStrategy, SwitchContext
from sipapp.switches.verification import (
    Expectation,
    changed_values,
    labels,
    verify,
)
from sipapp.testing.fake_freeswitch import FakeFreeSwitch
from sipapp.testing.listed_view import ListedView

OLD = Extension("1000", password="a", caller_id_name="Alice", toll_allow="local")


class Telling(ReloadStrategy):
    """Tells the differences that it is given."""

    def __init__(self, told, reason="Because."):
        self.told = told
        self.reason = reason
        self.values = {}

    def reload(self, *, timeout):
        return "+OK"

    def ping(self, *, timeout):
        return "here"

    def knows(self, extension_id, *, timeout):
        return None

    def differences(self, extension_ids, values, *, timeout):
        self.values = values
        return {each: self.told[each] for each in extension_ids if each in self.told}

    def explain(self, extension_id, *, timeout):
        if isinstance(self.reason, Exception):
            raise self.reason
        return f"{extension_id}: {self.reason}"


def verified(strategy, seconds=5, **wanted):
    return verify(strategy, Expectation(**wanted), "+OK", deadline=time.monotonic() + seconds)


class TestChangedValues:
    def test_of_a_new_one_all(self):
        assert changed_values(None, OLD).now == {
            "password": "a",
            "caller_id_name": "Alice",
            "toll_allow": "local",
        }

    @pytest.mark.parametrize(
        "before",
        [Extension("1000", enabled=False, caller_id_name="Alice"), Extension("1001", "a")],
        ids=["disabled", "another id"],
    )
    def test_of_one_that_comes_back_all(self, before):
        assert changed_values(before, OLD) == changed_values(None, OLD)

    def test_of_an_edit_those_that_it_changed(self):
        new = Extension("1000", password="b", caller_id_name="Alice")
        assert changed_values(OLD, new) == Values(
            {"password": "b"}, {"password": "a", "toll_allow": "local"}
        )

    def test_a_reference_is_no_value(self):
        new = Extension("1000", inherited={"password": "$${p}"}, caller_id_name="Alice")
        assert changed_values(OLD, new).now == {}
        assert changed_values(OLD, new).before["password"] == "a"
        again = changed_values(new, Extension("1000", inherited={"password": "$${q}"}))
        assert "password" not in again.before

    def test_a_reference_to_the_same_is_no_change(self):
        new = Extension(
            "1000",
            password="a",
            caller_id_name="Alice",
            inherited={"toll_allow": "$${t}"},
            resolved={"toll_allow": "local"},
        )
        assert changed_values(OLD, new) == Values()

    def test_no_value_shows(self):
        assert "Alice" not in repr(changed_values(None, OLD))
        assert "Alice" not in repr(Expectation(values={"1000": changed_values(None, OLD)}))


class TestWords:
    @pytest.mark.parametrize(
        ("told", "words"),
        [
            ({"1000": ["id"]}, "does not know extension 1000."),
            ({"1000": ["id"], "1001": ["password"]}, "does not know extension 1000."),
            ({"1001": ["password"]}, "has not taken over the password of extension 1001."),
            (
                {"1000": ["password"], "1001": ["caller_id_name"]},
                "has not taken over the caller ID name and the password of extensions 1000, 1001.",
            ),
        ],
    )
    def test_what_it_has_not(self, told, words):
        with pytest.raises(SwitchRefused) as caught:
            verified(Telling(told), present=["1000", "1001"])
        first = next(iter(told))
        assert str(caught.value) == f"The switch answered +OK, but {words} {first}: Because."

    def test_many_fields_are_counted(self):
        assert labels(["vm_password"]) == "the voicemail PIN"
        names = ["caller_id_name", "caller_id_number", "password", "vm_password", "user_context"]
        assert labels(names).endswith("the voicemail PIN and the context")
        assert labels([*names, "accountcode"]).endswith("the voicemail PIN and 2 more values")

    def test_without_a_reason_it_is_reported_too(self):
        strategy = Telling({"1000": ["id"]}, SwitchTimeout("silence"))
        with pytest.raises(SwitchRefused, match=r"does not know extension 1000\.$"):
            verified(strategy, present=["1000"])

    def test_what_is_unknown_is_not_verified(self):
        words = "It could not be verified: the switch does not tell what it has."
        assert verified(Telling({"1000": None}), present=["1000"]) == words
        assert verified(Telling({}), absent=["1001"]) == words
        assert verified(Telling({"1000": ()}), present=["1000"], absent=["1001"]) == ""

    def test_those_that_were_not_asked_for_are_counted(self):
        said = verified(Telling({"1000": ()}), present=["1000", "1001"])
        assert said == "It was asked for 1 of 2 extensions."

    def test_without_time_nothing_is_verified(self):
        with pytest.raises(SwitchUnreachable, match="no time was left to verify extension 1000"):
            verified(Telling({"1000": ()}), seconds=0, present=["1000"])

    def test_one_that_is_to_be_gone_is_not_asked_for_its_values(self):
        strategy = Telling({})
        verified(strategy, present=["1000"], absent=["1000"])
        assert strategy.values == {}


class Direct(Transport):
    """Asks a fake FreeSWITCH on this machine without anything between."""

    questions = 1000
    is_local = True

    def __init__(self):
        self.switch = FakeFreeSwitch()
        self.asked = []
        self.fault = None

    def command(self, command, *, timeout):
        self.asked.append(command)
        if self.fault and command.startswith("global_getvar"):
            raise self.fault
        return self.switch.answer(command) or "-ERR no reply\n"


class TestFreeSwitch:
    @pytest.fixture
    def transport(self):
        return Direct()

    @pytest.fixture
    def make(self, transport):
        def make(directory=None, domain="phone.test"):
            strategy = FreeSwitchReload(transport, timeout=5.0)
            strategy.start(SwitchContext(domain, ListedView(list), directory))
            return strategy

        return make

    def test_of_many_the_values_of_some_are_asked_for(self, make, transport):
        stored = [Extension(str(each), password="a") for each in range(2000, 3000)]
        transport.switch.extensions = lambda: stored
        strategy = make()
        strategy.reload(timeout=5)
        transport.asked.clear()
        values = {each.id: changed_values(None, each) for each in stored}
        found = strategy.differences([each.id for each in stored], values, timeout=60)
        assert len(found) == 1000
        assert not any(found.values())
        passwords = [each for each in transport.asked if each.endswith("param password")]
        assert len(passwords) == COMPARED
        assert "2000@" in passwords[0]
        assert "2999@" in passwords[-1]
        assert len(transport.asked) == 2 * 1000 + COMPARED

    def test_no_user_is_queried_by_an_invalid_name_or_without_a_domain(self, make, transport):
        assert make().differences(["a b"], {}, timeout=5) == {"a b": None}
        transport.switch.domain = ""
        assert make(domain="").differences(["1000"], {}, timeout=5) == {"1000": None}

    @pytest.fixture
    def conf(self, tmp_path):
        conf = tmp_path / "conf"
        (conf / "directory").mkdir(parents=True)
        (conf / "freeswitch.xml").touch()
        return conf

    def test_why(self, make, transport, conf, tmp_path, caplog):
        copy = tmp_path / "copy"
        copy.mkdir()
        asked = make().explain("1000", timeout=5)
        assert asked == "Is the directory that sipapp writes the one that the switch reads?"
        assert make(copy).explain("1000", timeout=5) == asked
        transport.switch.variables["conf_dir"] = str(conf)
        other = make(copy).explain("1000", timeout=5)
        assert f"its configuration from {conf}, and sipapp writes {copy}, which is not" in other
        inside = make(conf / "directory").explain("1000", timeout=5)
        assert "directory/default.xml there includes it" in inside
        transport.switch.variables["conf_dir"] = "/nowhere/else"
        nobody_knows = make(copy).explain("1000", timeout=5)
        assert f"conf_dir is /nowhere/else, sipapp writes {copy}: is that" in nobody_knows

    def test_a_directory_that_is_read_is_no_warning(self, make, transport, conf, caplog):
        transport.switch.variables["conf_dir"] = str(conf)
        make(conf / "directory").reload(timeout=5)
        assert caplog.text == ""

    def test_a_reload_is_well_also_if_it_does_not_tell_where_it_reads(
        self, make, transport, conf, caplog
    ):
        transport.fault = SwitchTimeout("silence")
        assert make(conf).reload(timeout=5) == "+OK [Success]"
        assert caplog.text == ""
