"""Each rule for plugins, on a made-up plugin that keeps all others."""

import pytest
from tests.unit.made_up_plugin import NAME, MadeUpPlugin

from sipapp.api import SettingsError
from sipapp.plugin_check import rules_of_behaviour
from sipapp.plugin_check.check import NEEDLESS, RULES, check
from sipapp.plugin_check.plugin import NO_SOURCES, load_plugin

BREACHES = [
    # rule, file, what stands there (nothing: add to the end), what comes in its place, the answer
    ("entry-point", "entry_points.txt", "", "more = sipapp_acme\n", "It has acme, more."),
    ("build-system", "pyproject.toml", 'build-backend = "setuptools.build_meta"', "", "backend"),
    ("build-system", "pyproject.toml", 'requires = ["setuptools>=77,<82"]', "", "no requires"),
    ("requires-python", "METADATA", "Requires-Python: >=3.11\n", "", ">=3.11"),
    ("requires-sipapp", "METADATA", "Requires-Dist: sipapp<1,>=0.1\n", "", "not among its dep"),
    ("requires-sipapp", "METADATA", "sipapp<1,>=0.1", "sipapp>=0.1", "sipapp>=0.1: give both"),
    ("dependency-ranges", "METADATA", "other~=2.1", "other", "depends on other: give both"),
    ("dependency-ranges", "METADATA", "other~=2.1", "Other_One==2.1", "other-one==2.1: give both"),
    ("licence", "METADATA", "License: MIT\n", "", "Give license"),
    ("readme", "METADATA", "# sipapp-acme\n", "", "Give readme"),
    ("readme", "METADATA", "Description-Content-Type: text/markdown\n", "", "content_type"),
    ("annotations", "plugin.py", "(file: Path)", "(file)", "make_storage lacks types of file."),
    ("annotations", "plugin.py", ") -> ExtensionStorage", ")", "lacks types of its result."),
    ("annotations", "plugin.py", "*words: str", "*words", "ask lacks types of words."),
    (
        "annotations",
        "plugin.py",
        "",
        "async def lower(a, /, *, b, **c) -> None: ...\n",
        "lower lacks types of a, b, c",
    ),
    (
        "public-imports",
        "plugin.py",
        "import socket\n",
        "import socket\nfrom sipapp.model.errors import SipappError\n",
        "plugin.py:6: sipapp.model.errors.SipappError is not public",
    ),
    ("public-imports", "plugin.py", "import socket\n", "import socket, sipapp\n", "sipapp is not"),
    ("own-errors", "plugin.py", "(SwitchUnreachable):", "(OSError):", "AcmeUnreachable leaves"),
    ("own-errors", "plugin.py", "except NoAnswer as", "except Exception as", "NoAnswer leaves"),
    ("time-limits", "plugin.py", ", text=True, timeout=timeout)", ")", "subprocess.run has no"),
    ("time-limits", "plugin.py", "text=True, timeout=timeout", "timeout=None", "subprocess.run"),
    ("time-limits", "plugin.py", "1), timeout)", "1))", "socket.create_connection has no"),
    (
        "time-limits",
        "plugin.py",
        "",
        "def wait(child: subprocess.Popen[bytes]) -> None:\n    child.wait()\n",
        "child.wait has no time limit",
    ),
    (
        "time-limits",
        "plugin.py",
        "",
        "def tell(child: subprocess.Popen[bytes]) -> None:\n    child.communicate(b'x')\n",
        "child.communicate has no time limit",
    ),
    (
        "time-limits",
        "plugin.py",
        "",
        "def wait(child: subprocess.Popen[bytes]) -> None:\n    child.wait(timeout=None)\n",
        "child.wait has no time limit",
    ),
    ("logging", "plugin.py", "getLogger(__name__)", "getLogger()", "call logging.getLogger(__n"),
    ("logging", "plugin.py", "getLogger(__name__)", "getLogger('acme')", "call logging.getLo"),
    ("logging", "plugin.py", "log.warning(", "logging.warning(", "logging.warning is of the root"),
    ("no-print", "plugin.py", "log.warning(", "print(", "log it"),
    ("no-shell", "plugin.py", "text=True", "shell=True", "list of arguments"),
    (
        "no-shell",
        "plugin.py",
        "",
        "from os import system as run\n\n\ndef stop() -> None:\n    run('acme stop')\n",
        "list of arguments",
    ),
    ("no-eval", "plugin.py", "str(done.stdout)", "str(eval(done.stdout))", "eval runs what it"),
    ("no-eval", "plugin.py", "import socket\n", "import socket\nimport pickle\n", "use JSON"),
    (
        "no-eval",
        "plugin.py",
        "import socket\n",
        "import socket\nfrom marshal import loads\n",
        "marshal.loads runs what it reads",
    ),
    (
        "hooks",
        "plugin.py",
        "",
        "def sipapp_health_checks() -> list[object]:\n    return []\n",
        "sipapp_health_checks is not marked",
    ),
    (
        "hooks",
        "plugin.py",
        "",
        "@hookimpl\ndef sipapp_helth_checks() -> list[object]:\n    return []\n",
        "sipapp_helth_checks is no hook, and stops the start. Hooks: sipapp_admin_columns, ",
    ),
    (
        "no-io-on-import",
        "plugin.py",
        "",
        "Path(__file__).with_suffix('.log').write_text('')\n",
        "open ",
    ),
    ("no-io-on-import", "plugin.py", "", "Path(__file__).chmod(0o600)\n", "os.chmod"),
    (
        "no-io-on-import",
        "plugin.py",
        'options = [Option("file", "where',
        'socket.socket().close()\n    options = [Option("file", "where',
        "socket.__new__",
    ),
    (
        "no-io-on-import",
        "plugin.py",
        "",
        "print('x', end='')\nsubprocess.Popen(['true']).wait(9)\n",
        "subprocess.Popen true: do that when the back end is made",
    ),
    ("descriptions", "plugin.py", '"all extensions at Acme\'s"', '""', "storage acme a descr"),
    ("descriptions", "plugin.py", "Acme's switch", "Acme's\\nswitch", "acme-switch a descr"),
    ("ini-example", "README.md", "sipapp.storage = acme\n", "", "add “sipapp.storage = acme”"),
    ("ini-example", "README.md", "sipapp.storage.acme.file", "#", "lacks sipapp.storage.acme.file"),
    (
        "ini-example",
        "README.md",
        "sipapp.reloader.one.use = acme-switch\n",
        "",
        "add “sipapp.reloader.NAME.use = acme-switch”",
    ),
    (
        "ini-example",
        "README.md",
        "sipapp.reloader.one.password_file",
        "sipapp.reloader.two.password_file",
        "lacks sipapp.reloader.one.password_file",
    ),
    ("option-help", "plugin.py", '"where it is kept"', '" "', "Option file of acme has no help"),
    ("options-in-readme", "README.md", "`timeout`", "timeout", "Option timeout of acme-switch"),
    ("secret-files", "plugin.py", 'the password", secret_file', 'the password", str', "from the"),
    ("timeout-option", "plugin.py", 'Option("timeout",', 'Option("file",', "acme-switch Option("),
    (
        "test-imports",
        "test_acme.py",
        "from sipapp.api import Extension\n",
        "from sipapp.app import make_app\n",
        "test_acme.py:1: sipapp.app.make_app is not public",
    ),
    ("storage-contract", "test_acme.py", "class TestStorage(Common)", "class Test", "offers acme,"),
    ("storage-contract", "test_acme.py", "class Common(StorageContract)", "class Common", "0 cla"),
    ("reload-contract", "test_acme.py", "TestSwitch(ReloadContract)", "TestIt", "acme-switch,"),
    ("reload-contract", "test_acme.py", "TestSwitch", "OurSwitch", "one for each reload strategy"),
    ("whole-application", "test_acme.py", "test_it_starts(make_app)", "test_it()", "make_app"),
]


@pytest.fixture
def acme(tmp_path):
    made = MadeUpPlugin(tmp_path)
    yield made
    made.forget()


@pytest.fixture
def missing(acme, monkeypatch):
    """Install the made-up plugin; returns what it misses, by rule."""

    def ask():
        acme.install(monkeypatch)
        return {
            each.rule: " ".join(each.details)
            for each in check(load_plugin(NAME))
            if each.answer == "missing"
        }

    return ask


def test_a_plugin_can_keep_all_rules(missing):
    assert missing() == {}


@pytest.mark.parametrize(
    "breach", BREACHES, ids=[f"{breach[0]}-{number}" for number, breach in enumerate(BREACHES)]
)
def test_a_breach_of_one_rule_is_reported_and_no_other(acme, missing, monkeypatch, breach):
    rule, file, old, new, words = breach
    if rule != "no-io-on-import":
        # It takes a process, which dozens of tests would wait for.
        monkeypatch.setattr(rules_of_behaviour, "audit", lambda name: [])
    if old:
        acme.edit(file, old, new)
    else:
        acme.append(file, new)

    told = missing()

    assert words in told.pop(rule)
    assert told.keys() == ({"no-print"} if "print('x'" in new else set())


def test_a_package_without_its_marker_of_types(acme, missing):
    acme.delete("py.typed")
    assert "py.typed into the package sipapp_acme" in missing()["typed"]


def test_a_plugin_without_a_readme(acme, missing):
    acme.delete("README.md")
    assert missing().keys() == {"readme", "ini-example", "options-in-readme"}


def test_the_options_of_the_plugin_itself_are_checked_as_those_of_back_ends(acme, missing):
    acme.append(
        "plugin.py",
        """
@hookimpl
def sipapp_plugin_options() -> list[Option]:
    return [Option("token", "")]
""",
    )
    told = missing()
    assert "sipapp.plugin.acme.token, which is required" in told["ini-example"]
    assert "Option token of acme has no help" in told["option-help"]
    assert "Option token of acme is not in the README" in told["options-in-readme"]
    assert "secret_file" in told["secret-files"]


def test_a_plugin_without_hooks_and_without_tests(acme, missing):
    acme.files["project/src/sipapp_acme/plugin.py"] = ""
    acme.delete("test_acme.py")
    assert missing().keys() == {"hooks", "whole-application"}


def test_every_rule_is_broken_by_a_test():
    assert {rule for rule, *_ in BREACHES} | {"typed"} == set(RULES)


def test_what_cannot_be_decided_is_no_breach(acme, missing):
    acme.append(
        "plugin.py",
        "def run(*words: list[str], **more: float) -> None:\n"
        "    subprocess.run(*words)\n"
        "    subprocess.run(words, **more)\n"
        "    subprocess.run(words, shell=False, timeout=more['seconds'])\n"
        "    subprocess.Popen(words).communicate(b'x', 9)\n"
        "    wait = len\n"
        "    wait()\n"
        "    (lambda: log)().info('')\n",
    )
    assert missing() == {}


def test_an_error_is_caught_in_another_module_than_its_own(acme, missing):
    acme.files["project/src/sipapp_acme/errors.py"] = (
        "class NoAnswer(Exception):\n    pass\n\n\nclass Late(NoAnswer):\n    pass\n"
    )
    acme.files["project/src/sipapp_acme/later.py"] = (
        "from .errors import NoAnswer\n\n\nclass Never(NoAnswer):\n    pass\n"
    )
    assert missing() == {}


def test_a_name_of_the_module_that_is_no_function_is_no_hook(acme, missing):
    acme.append("plugin.py", "import sipapp_acme\n\nsipapp_version = 1\n")
    assert missing() == {}


def test_a_rule_may_be_left_with_a_reason(acme, monkeypatch):
    acme.edit("plugin.py", "log.warning(", "print(")
    acme.append("pyproject.toml", '[tool.sipapp.exempt]\nno-print = "Acme reads it."\n')
    acme.install(monkeypatch)

    (result,) = (each for each in check(load_plugin(NAME)) if each.rule == "no-print")

    assert (result.answer, result.details) == ("exempt", ("Acme reads it.",))


def test_an_exemption_from_a_rule_that_is_kept_is_needless(acme, monkeypatch):
    acme.append("pyproject.toml", '[tool.sipapp.exempt]\nno-print = "Acme reads it."\n')
    acme.install(monkeypatch)

    (result,) = (each for each in check(load_plugin(NAME)) if each.rule == "no-print")

    assert (result.answer, result.details) == ("done", (NEEDLESS,))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[tool.sipapp.exempt]\nno-prints = "x"\n', "names 'no-prints', which is no rule."),
        ('[tool.sipapp.exempt]\nno-print = " "\n', "has no reason for no-print"),
        ("[tool.sipapp.exempt]\nno-print = true\n", "has no reason for no-print"),
        ("[tool]\nsipapp = 1\n", "tool.sipapp of "),
        ("[tool\n", "is not TOML"),
    ],
)
def test_a_wrong_exemption_is_an_error(acme, missing, text, words):
    acme.append("pyproject.toml", text)
    with pytest.raises(SettingsError, match=r"pyproject\.toml") as caught:
        missing()
    assert words in str(caught.value)


def test_a_test_that_is_not_python_is_an_error(acme, missing):
    acme.append("test_acme.py", "def\n")
    with pytest.raises(SettingsError, match=r"tests/test_acme\.py of the plugin is not Python"):
        missing()


def test_of_a_wheel_the_rules_that_need_sources_say_how_to_have_them_checked(acme, missing):
    # Beside a pyproject.toml of somebody else, as a virtual environment in a project is.
    acme.append(
        "RECORD", "".join(f"../project/src/sipapp_acme/{each},,\n" for each in ("__init__.py",))
    )
    acme.append("METADATA", "\n".join(acme.files["project/README.md"].splitlines()[1:]))
    assert missing() == dict.fromkeys(
        (
            "build-system",
            "test-imports",
            "storage-contract",
            "reload-contract",
            "whole-application",
        ),
        NO_SOURCES,
    )


def test_a_plugin_may_be_one_module_without_a_project(acme, missing):
    acme.files["site/acme_one.py"] = acme.files["project/src/sipapp_acme/plugin.py"]
    acme.edit("entry_points.txt", "sipapp_acme.plugin", "acme_one")
    assert "py.typed into the package acme_one" in missing()["typed"]
