"""Rules on the source of a plugin's package."""

import ast
import builtins
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from sipapp.plugin_check.module import Module
from sipapp.plugin_check.plugin import Plugin

PUBLIC: Final = frozenset({"sipapp.api", "sipapp.freeswitch.api"})
"""The modules of sipapp that a plugin may import."""

_ROOT_LOGGER: Final = frozenset(
    f"logging.{name}"
    for name in ("debug", "info", "warning", "error", "exception", "critical", "log", "basicConfig")
)
_SHELLS: Final = frozenset(
    {
        "os.system",
        "os.popen",
        "subprocess.getoutput",
        "subprocess.getstatusoutput",
        "asyncio.create_subprocess_shell",
    }
)
_CODE_LOADERS: Final = frozenset({"pickle", "marshal", "shelve", "dill"})
_REQUESTS: Final = ("get", "post", "put", "patch", "delete", "head", "options", "request")
_BY_KEYWORD: Final = 99  # past the last argument: it has no place
_TIMEOUT_PLACES: Final[Mapping[str, int]] = {
    "subprocess.run": _BY_KEYWORD,
    "subprocess.call": _BY_KEYWORD,
    "subprocess.check_call": _BY_KEYWORD,
    "subprocess.check_output": _BY_KEYWORD,
    "socket.create_connection": 1,
    "urllib.request.urlopen": 2,
    "http.client.HTTPConnection": 2,
    "http.client.HTTPSConnection": _BY_KEYWORD,
    "ftplib.FTP": 4,
    "smtplib.SMTP": 3,
    **{f"requests.{name}": _BY_KEYWORD for name in _REQUESTS},
}
"""Calls that can wait without an end, and which of their arguments is the time limit."""
_TIMEOUT_PLACES_OF_METHODS: Final[Mapping[str, int]] = {"wait": 0, "communicate": 1}


def annotations(plugin: Plugin) -> Iterator[str]:
    """Every function of its package has the types of its arguments and of its result."""
    for module in plugin.modules:
        for function in module.functions():
            lacking = [*_untyped(function), *([] if function.returns else ["its result"])]
            if lacking:
                yield f"{module.at(function)}: {function.name} lacks types of {', '.join(lacking)}."


def public_imports(plugin: Plugin) -> Iterator[str]:
    """Of sipapp, its package imports the public modules only."""
    yield from private_imports(plugin.modules, lambda name: name in PUBLIC)


def logging(plugin: Plugin) -> Iterator[str]:
    """It logs to logging.getLogger(__name__), and not to the root logger."""
    for module in plugin.modules:
        for name, call in module.calls():
            if name in _ROOT_LOGGER:
                yield f"{module.at(call)}: {name} is of the root logger: use a logger of its own."
            elif name == "logging.getLogger" and list(map(module.full_name, call.args)) != [
                "__name__"
            ]:
                yield f"{module.at(call)}: call logging.getLogger(__name__)."


def no_print(plugin: Plugin) -> Iterator[str]:
    """It does not print."""
    for module in plugin.modules:
        for name, call in module.calls():
            if name in {"print", "pprint.pprint"}:
                yield f"{module.at(call)}: log it; a subcommand writes to sys.stdout."


def no_shell(plugin: Plugin) -> Iterator[str]:
    """It runs programs without a shell."""
    for module in plugin.modules:
        for name, call in module.calls():
            if name in _SHELLS or _is_set(call, "shell"):
                yield f"{module.at(call)}: run the program with a list of arguments."


def no_eval(plugin: Plugin) -> Iterator[str]:
    """It makes no code of data: no eval, exec, pickle, marshal or shelve."""
    for module in plugin.modules:
        for name, call in module.calls():
            if name in {"eval", "exec"}:
                yield f"{module.at(call)}: {name} runs what it is given: parse it."
        for name, node in module.imports():
            if name.split(".")[0] in _CODE_LOADERS:
                yield f"{module.at(node)}: {name} runs what it reads: use JSON."


def time_limits(plugin: Plugin) -> Iterator[str]:
    """Each call that can wait for a network or a program has a time limit."""
    for module in plugin.modules:
        for name, call in module.calls():
            if _waits_without_end(name, call):
                yield f"{module.at(call)}: {name.lstrip('.')} has no time limit: give it timeout."


def own_errors(plugin: Plugin) -> Iterator[str]:
    """Its own exceptions are kinds of sipapp's errors, or are caught in its package."""
    bases = {
        each.name: [module.full_name(base) for base in each.bases]
        for module in plugin.modules
        for each in module.classes()
    }
    caught = {name for module in plugin.modules for name in _caught(module)}
    for module in plugin.modules:
        for each in module.classes():
            kinds = _kinds(each.name, bases)
            if any(map(_is_builtin_error, kinds)) and not (
                caught & set(map(_last, kinds)) or any(kind.startswith("sipapp.") for kind in kinds)
            ):
                yield (
                    f"{module.at(each)}: {each.name} leaves the plugin and is no kind of "
                    "sipapp's errors: derive it from one of sipapp.api, or catch it."
                )


def private_imports(modules: Iterable[Module], is_public: Callable[[str], bool]) -> Iterator[str]:
    """What modules import of sipapp that is not public."""
    for module in modules:
        for name, node in module.imports():
            if name.split(".")[0] == "sipapp" and not (
                is_public(name) or is_public(name.rpartition(".")[0])
            ):
                yield (
                    f"{module.at(node)}: {name} is not public, and may change: "
                    "use what sipapp.api has."
                )


def _untyped(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    given = function.args
    named = [*given.posonlyargs, *given.args]
    if named and named[0].arg in {"self", "cls"}:
        named = named[1:]
    others = [each for each in (given.vararg, given.kwarg) if each]
    return [each.arg for each in (*named, *given.kwonlyargs, *others) if each.annotation is None]


def _is_set(call: ast.Call, keyword: str) -> bool:
    """Whether a call has an argument of this name that is not the constant ``False``."""
    given = (each.value for each in call.keywords if each.arg == keyword)
    return any(not (isinstance(value, ast.Constant) and value.value is False) for value in given)


def _waits_without_end(name: str, call: ast.Call) -> bool:
    method = _last(name)
    place = _TIMEOUT_PLACES.get(name, _TIMEOUT_PLACES_OF_METHODS.get(method))
    if place is None or name == method:
        return False
    values = {each.arg: each.value for each in call.keywords}
    if None in values or any(isinstance(each, ast.Starred) for each in call.args):
        return False  # what it is given cannot be told
    limit = call.args[place] if len(call.args) > place else values.get("timeout")
    return limit is None or (isinstance(limit, ast.Constant) and limit.value is None)


def _kinds(name: str, bases: Mapping[str, list[str]]) -> set[str]:
    """A class and all that it derives from, as far as the package tells."""
    kinds = {name}
    while more := {base for kind in kinds for base in bases.get(_last(kind), ())} - kinds:
        kinds |= more
    return kinds


def _is_builtin_error(name: str) -> bool:
    found = getattr(builtins, name, None)
    return isinstance(found, type) and issubclass(found, BaseException)


def _caught(module: Module) -> Iterator[str]:
    """The exceptions that a module catches, but for the most general ones."""
    for node in module.nodes():
        if isinstance(node, ast.ExceptHandler) and node.type is not None:
            listed = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        elif isinstance(node, ast.Call) and module.full_name(node.func) == "contextlib.suppress":
            listed = node.args
        else:
            continue
        names = {_last(module.full_name(each)) for each in listed}
        yield from names - {"Exception", "BaseException"}


def _last(name: str) -> str:
    return name.rpartition(".")[2]
