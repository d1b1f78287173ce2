"""Two domains on a real FreeSWITCH: the same number in both is two extensions."""

import re
import secrets
from contextlib import contextmanager

import pytest
from tests.live.domains import BRANCH, MAIN, branch_folder, folders_of, two_domain_freeswitch
from tests.live.private import kept
from tests.live.settings import live_settings
from tests.live.sip_phone import Phone, registered
from tests.live.test_apply import EXTENSIONS, calls_of, closed, content, eventually
from tests.live.test_doctor import edited, look

pytestmark = pytest.mark.live

NUMBER = "1000"
OTHER = f"{NUMBER}@{BRANCH}"
HISTORY = "/sip/api/v1/history"


@pytest.fixture(scope="module")
def two_domains(tmp_path_factory):
    """A real FreeSWITCH with the default domain of vanilla and another one."""
    with two_domain_freeswitch(tmp_path_factory.mktemp("two-domains")) as instance:
        yield instance


@pytest.fixture
def branch(two_domains):
    """The folder of the second domain; afterwards both folders are as they were."""
    folder = branch_folder(two_domains)
    with kept(two_domains.directory):
        yield folder
        for file in folder.iterdir():
            file.unlink()
    assert two_domains.command("reloadxml") == "+OK [Success]"
    for domain in (MAIN, BRANCH):
        # At once; without a domain FreeSWITCH would do it some time later.
        two_domains.command(f"sofia profile internal flush_inbound_reg {domain}")


@pytest.fixture(params=["esl", "fs_cli"])
def app(request, two_domains, branch, make_app):
    """A server that manages both domains."""
    ini = {
        **live_settings(two_domains, request.param),
        "sipapp.domain": MAIN,
        "sipapp.storage.xmldir.directory": folders_of(two_domains),
    }
    return make_app(ini)


@pytest.fixture
def password(app):
    """The password of the extension in the second domain, which is created."""
    return applied(app.post_json(EXTENSIONS, {"id": OTHER}, status=201))["password"]


@pytest.fixture
def make_phone(two_domains):
    """Make a phone of a user of a domain."""
    made = []

    def make(*args, **options):
        made.append(Phone(two_domains, *args, **options))
        return made[-1]

    yield make
    for phone in made:
        phone.close()


@pytest.fixture
def phones(two_domains, make_phone, password):
    """A phone of each, registered, by the domain."""
    made = {
        MAIN: make_phone(NUMBER, two_domains.default_password, MAIN),
        BRANCH: make_phone(NUMBER, password, BRANCH),
    }
    for phone in made.values():
        assert phone.register() == 200
    assert registered_domains(two_domains) == {MAIN, BRANCH}
    return made


@pytest.fixture
def main_unchanged(two_domains):
    """Files and values of the default domain are afterwards as they were."""
    before = content(two_domains.directory), answers(two_domains, MAIN)
    assert before[1]["password"] == two_domains.default_password
    yield
    assert (content(two_domains.directory), answers(two_domains, MAIN)) == before


def applied(answer):
    assert answer.json["apply"]["state"] == "applied", answer.json["apply"]
    return answer.json


def answers(freeswitch, domain, user=NUMBER):
    """What FreeSWITCH tells of a user; nothing if no phone can register as that."""
    asked = {
        "password": "param password",
        "name": "var effective_caller_id_name",
        "group": "var callgroup",
        "account": "var accountcode",
        "context": "var user_context",
    }
    address = f"{user}@{domain}"
    told = {each: freeswitch.command(f"user_data {address} {what}") for each, what in asked.items()}
    return {each: reply for each, reply in told.items() if reply != "-ERR no reply"}


def located(freeswitch, domain):
    """The ids of the users in a domain, of the whole configuration that FreeSWITCH has read."""
    found = freeswitch.command(f"xml_locate directory domain name {domain}")
    return set(re.findall(r'<user id="([^"]+)"', found))


def registered_domains(freeswitch, user=NUMBER):
    return {each for each in (MAIN, BRANCH) if registered(freeswitch, user, each)}


@contextmanager
def undone(app):
    """A change, which is taken back by the history."""
    yield
    entry = app.get(HISTORY).json["entries"][0]
    assert BRANCH in entry["extension"]
    applied(app.post_json(f"{HISTORY}/{entry['id']}/undo", {}))


@pytest.mark.usefixtures("main_unchanged")
def test_each_change_arrives_in_its_domain_only(two_domains, branch, app):
    created = applied(app.post_json(EXTENSIONS, {"id": OTHER, "caller_id_name": "Branch"}))
    first = answers(two_domains, BRANCH)
    assert (first["password"], first["name"]) == (created["password"], "Branch")
    assert "1001" in located(two_domains, MAIN)
    assert located(two_domains, BRANCH) == {NUMBER}

    with undone(app):
        applied(app.patch_json(f"{EXTENSIONS}/{OTHER}", {"callgroup": "sales"}))
        assert answers(two_domains, BRANCH) == {**first, "group": "sales"}
    assert answers(two_domains, BRANCH) == first

    with undone(app):
        changed = applied(app.post_json(f"{EXTENSIONS}/{OTHER}/password", {}))
        assert answers(two_domains, BRANCH) == {**first, "password": changed["password"]}
    assert answers(two_domains, BRANCH) == first

    # To a number that the default domain has as well.
    with undone(app):
        applied(app.post_json(f"{EXTENSIONS}/{OTHER}/rename", {"id": f"1001@{BRANCH}"}))
        assert located(two_domains, BRANCH) == {"1001"}
        assert answers(two_domains, BRANCH, "1001")["account"] == "1001"
    assert answers(two_domains, BRANCH) == first

    with undone(app):
        applied(app.post_json(f"{EXTENSIONS}/{OTHER}/disable", {}))
        assert answers(two_domains, BRANCH) == {}
    assert answers(two_domains, BRANCH) == first

    with undone(app):
        applied(app.delete(f"{EXTENSIONS}/{OTHER}"))
        assert answers(two_domains, BRANCH) == {}
        assert list(branch.iterdir()) == []
    assert answers(two_domains, BRANCH) == first


def test_a_change_of_the_default_domain_leaves_the_other(two_domains, app, password):
    first = answers(two_domains, BRANCH)
    assert first["password"] == password
    before = content(two_domains.directory)
    with undone_in_main(app, two_domains, before):
        applied(app.post_json(f"{EXTENSIONS}/{NUMBER}/password", {}))
        assert answers(two_domains, BRANCH) == first
    with undone_in_main(app, two_domains, before):
        applied(app.delete(f"{EXTENSIONS}/{NUMBER}"))
        assert answers(two_domains, MAIN) == {}
        assert answers(two_domains, BRANCH) == first


@contextmanager
def undone_in_main(app, freeswitch, before):
    yield
    entry = app.get(HISTORY).json["entries"][0]
    assert entry["extension"] == NUMBER
    applied(app.post_json(f"{HISTORY}/{entry['id']}/undo", {}))
    assert content(freeswitch.directory) == closed(before, f"{NUMBER}.xml")


@pytest.mark.usefixtures("main_unchanged")
def test_a_phone_registers_with_the_password_of_its_domain(
    two_domains, make_phone, phones, password
):
    right = {MAIN: two_domains.default_password, BRANCH: password}
    for domain, other in ((MAIN, BRANCH), (BRANCH, MAIN)):
        assert make_phone(NUMBER, right[other], domain).register() == 403
    # Each is called at its own phone, and at no other.
    for domain, phone in phones.items():
        assert two_domains.command(f"sofia_contact */{NUMBER}@{domain}") == (
            f"sofia/internal/{phone.contact}"
        )


@pytest.mark.usefixtures("main_unchanged")
@pytest.mark.parametrize("change", ["password", "disable", "rename", "delete"])
def test_registrations_are_dropped_in_its_domain_only(two_domains, app, phones, change):
    if change == "delete":
        done = app.delete(f"{EXTENSIONS}/{OTHER}")
    else:
        given = {"id": f"1001@{BRANCH}"} if change == "rename" else {}
        done = app.post_json(f"{EXTENSIONS}/{OTHER}/{change}", given)
    (switch,) = applied(done)["apply"]["switches"]
    assert "1 registration was dropped." in switch["forgotten"]
    assert registered_domains(two_domains) == {MAIN}
    assert phones[BRANCH].register() == 403
    assert phones[MAIN].register() == 200
    assert registered_domains(two_domains) == {MAIN}


def test_a_deleted_extension_of_the_default_domain_leaves_the_other_registered(
    two_domains, app, phones
):
    before = content(two_domains.directory)
    with undone_in_main(app, two_domains, before):
        applied(app.delete(f"{EXTENSIONS}/{NUMBER}"))
        assert registered_domains(two_domains) == {BRANCH}
        assert phones[MAIN].register() == 403
        assert phones[BRANCH].register() == 200


@pytest.mark.parametrize("length", [16, 3])
def test_live_status_tells_the_domains_apart(two_domains, app, make_phone, password, length):
    # A short Call-ID could be read as another argument: the user is dropped by name.
    made = {
        MAIN: make_phone(NUMBER, two_domains.default_password, MAIN),
        BRANCH: make_phone(NUMBER, password, BRANCH, call_id=secrets.token_hex(length)),
    }
    states = f"/sip/admin/live.json?enabled={NUMBER}&enabled={OTHER}"

    def words():
        told = app.get(states).json["presence"]["Enabled"]
        return {each: presence["word"] for each, presence in told.items()}

    eventually(lambda: set(words().values()) == {"Not registered"})
    assert made[BRANCH].register() == 200
    eventually(lambda: words() == {NUMBER: "Not registered", OTHER: "Registered"})
    assert made[MAIN].register() == 200
    eventually(lambda: words() == {NUMBER: "Registered", OTHER: "Registered"})

    (switch,) = app.get("/sip/api/v1/live").json["switches"]
    by_extension = {each["extension"]: each for each in switch["registrations"]}
    assert {name: each["domain"] for name, each in by_extension.items()} == {
        NUMBER: MAIN,
        OTHER: BRANCH,
    }
    app.delete(f"/sip/api/v1/live/live/registrations/{by_extension[OTHER]['id']}")
    assert registered_domains(two_domains) == {MAIN}
    eventually(lambda: words() == {NUMBER: "Registered", OTHER: "Not registered"})


def test_calls_are_ended_in_its_domain_only(two_domains, app, password):
    try:
        for domain in (MAIN, BRANCH):
            # A call without a phone, which FreeSWITCH takes for one of the user's.
            said = two_domains.command(
                f"originate {{presence_id={NUMBER}@{domain}}}loopback/9196/default &park()"
            )
            assert said.startswith("+OK"), said
            eventually(lambda domain=domain: calls_of(two_domains, NUMBER, domain))
        deleted = applied(app.delete(f"{EXTENSIONS}/{OTHER}?end_calls=true"))
        (switch,) = deleted["apply"]["switches"]
        assert re.search(r"\d calls? (was|were) ended\.", switch["forgotten"])
        eventually(lambda: not calls_of(two_domains, NUMBER, BRANCH))
        assert calls_of(two_domains, NUMBER, MAIN)
    finally:
        two_domains.command("hupall")


@pytest.mark.usefixtures("phones")
def test_presence_is_told_in_its_domain_only(two_domains, app, make_phone):
    second = applied(app.post_json(EXTENSIONS, {"id": f"1001@{BRANCH}"}, status=201))["password"]
    watchers = {
        MAIN: make_phone("1001", two_domains.default_password, MAIN),
        BRANCH: make_phone("1001", second, BRANCH),
    }
    for watcher in watchers.values():
        assert watcher.register() == 200
        assert watcher.watch(NUMBER) == 202
        watcher.notified(lambda bodies: any(">open<" in each for each in bodies))

    applied(app.post_json(f"{EXTENSIONS}/{OTHER}/disable", {}))
    watchers[BRANCH].notified(lambda bodies: ">closed<" in bodies[-1])
    # The other watcher hears of its own domain next, and of nothing before that.
    two_domains.command(f"sofia profile internal flush_inbound_reg {NUMBER}@{MAIN}")
    heard = watchers[MAIN].notified(lambda bodies: ">closed<" in bodies[-1])
    assert sum(">closed<" in each for each in heard) == 1


@pytest.mark.usefixtures("phones")
def test_presence_of_another_domain_is_told_to_who_asks_for_it(two_domains, app, make_phone):
    watcher = make_phone("1001", two_domains.default_password, MAIN)
    assert watcher.register() == 200
    assert watcher.watch(OTHER) == 202
    watcher.notified(lambda bodies: any(">open<" in each for each in bodies))
    two_domains.command(f"sofia profile internal flush_inbound_reg {NUMBER}@{MAIN}")
    applied(app.post_json(f"{EXTENSIONS}/{OTHER}/disable", {}))
    heard = watcher.notified(lambda bodies: ">closed<" in bodies[-1])
    assert sum(">closed<" in each for each in heard) == 1


def doctor(two_domains, **more):
    folders = {"sipapp.storage.xmldir.directory": folders_of(two_domains)}
    return look(two_domains, **{"sipapp.domain": MAIN, **folders, **more})


@pytest.mark.usefixtures("password")
def test_the_doctor_is_content_with_both(two_domains):
    lines = doctor(two_domains)
    levels = {name: lines[name].level for name in ("directory.read", "webrtc.domains")}
    assert set(levels.values()) == {"ok"}, (lines["directory.read"], lines["webrtc.domains"])
    assert OTHER in lines["directory.read"].found


@pytest.mark.parametrize(
    ("param", "value", "words"),
    [
        ("force-register-domain", MAIN, "register as users of main.example"),
        ("force-register-db-domain", MAIN, "registered as users of main.example"),
        ("force-subscription-domain", MAIN, "presence"),
        ("presence-hosts", f"{MAIN},127.0.0.2", "rings"),
    ],
)
def test_the_doctor_says_what_joins_the_domains(two_domains, param, value, words):
    profile = two_domains.configuration / "sip_profiles" / "internal.xml"
    added = f'<settings>\n<param name="{param}" value="{value}"/>'
    with edited(profile, "<settings>", added):
        line = doctor(two_domains)["webrtc.domains"]
    assert line.level == "fault"
    assert param in line.found
    assert words in line.found
    assert "restart" in line.remedy
