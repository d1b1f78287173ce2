"""Type checks at run time, of what plugins return and make."""

from collections.abc import Callable, Mapping
from functools import cache
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def checked_result(value: object, wanted: type[T], plugin: object, what: str) -> T:
    """The result of a plugin's method ``what``, if its type is ``wanted``.

    Raises ``TypeError``, which names the plugin's class, for any other type.
    """
    if isinstance(value, wanted):
        return value
    kind = type(plugin)
    raise TypeError(
        f"{kind.__module__}.{kind.__qualname__} gave {type(value).__name__} for {what}, "
        f"not {wanted.__name__}."
    )


def check_types(made: object) -> None:
    """Make sure that the fields of a dataclass are what they say.  Raises ``TypeError``.

    Called as the object is made, so that the plugin is named in the traceback, and nothing of
    another type gets into a page, an answer or the history.
    """
    kind: Any = type(made)
    for name, wanted in _types_of(kind).items():
        value = getattr(made, name)
        if not _is(value, wanted):
            needed = wanted.__name__ if isinstance(wanted, type) else wanted
            raise TypeError(
                f"{kind.__name__}.{name} must be {needed}, and got {type(value).__name__}."
            )


@cache
def _types_of(kind: type[Any]) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _is(value: object, wanted: Any) -> bool:
    # Most are text.
    if wanted is str:
        return isinstance(value, str)
    return _CHECKS.get(get_origin(wanted), _is_instance)(value, wanted)


def _is_instance(value: object, wanted: Any) -> bool:
    return isinstance(value, (int, float) if wanted is float else get_origin(wanted) or wanted)


def _is_one_of(value: object, wanted: Any) -> bool:
    return any(_is(value, each) for each in get_args(wanted))


def _is_literal(value: object, wanted: Any) -> bool:
    return value in get_args(wanted)


def _is_tuple(value: object, wanted: Any) -> bool:
    """Of any length: ``tuple[X, ...]``."""
    return isinstance(value, tuple) and all(_is(each, get_args(wanted)[0]) for each in value)


def _is_mapping(value: object, wanted: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    of_key, of_value = get_args(wanted)
    return all(_is(key, of_key) and _is(each, of_value) for key, each in value.items())


_CHECKS: Mapping[Any, Callable[[object, Any], bool]] = {
    Union: _is_one_of,
    UnionType: _is_one_of,
    Literal: _is_literal,
    tuple: _is_tuple,
    Mapping: _is_mapping,
}
