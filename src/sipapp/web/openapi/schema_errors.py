"""Errors of JSON Schema in plain sentences."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from jsonschema.protocols import Validator

from sipapp.model.errors import FieldError
from sipapp.model.extension import check_fields, check_id

_TYPES: Final = {
    "string": "text in quotes",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a JSON object",
    "array": "a JSON array",
    "null": "null",
}


def explain(validator: Validator, value: Any) -> Iterator[FieldError]:
    """Yield what is wrong with a value, each fault at its field."""
    for error in validator.iter_errors(value):
        yield from _FAULTS.get(str(error.validator), _broken_rule)(error)


# Any: types-jsonschema has each attribute of a ValidationError as perhaps unset.
def _field(error: Any, *more: str) -> str:
    """Where a fault is, such as ``items[3].id``."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
    return "".join([*steps, *(f".{name}" for name in more)]).removeprefix(".")


def _wrong_type(error: Any) -> Iterator[FieldError]:
    wanted = error.validator_value
    names = [wanted] if isinstance(wanted, str) else wanted
    yield FieldError(_field(error), f"Give {' or '.join(_TYPES[name] for name in names)}.")


def _unknown_fields(error: Any) -> Iterator[FieldError]:
    known: Mapping[str, Any] = error.schema.get("properties", {})
    fields = ", ".join(known) or "none"
    for name in error.instance:
        if name not in known:
            yield FieldError(_field(error, name), f"There is no such field here. Fields: {fields}.")


def _missing_field(error: Any) -> Iterator[FieldError]:
    missing = (name for name in error.validator_value if name not in error.instance)
    return (FieldError(_field(error, name), "Give this field.") for name in missing)


def _not_in_range(error: Any) -> Iterator[FieldError]:
    side = "least" if error.validator == "minimum" else "most"
    yield FieldError(_field(error), f"Give a number of at {side} {error.validator_value}.")


def _wrong_count(error: Any) -> Iterator[FieldError]:
    side = "least" if error.validator == "minItems" else "most"
    yield FieldError(_field(error), f"Give at {side} {error.validator_value} of these.")


def _not_offered(error: Any) -> Iterator[FieldError]:
    offered = ", ".join(map(str, error.validator_value))
    yield FieldError(_field(error), f"Give one of {offered}.")


def _broken_rule(error: Any) -> Iterator[FieldError]:
    """Tell the rule of the core, which is in words; the document has it as a pattern."""
    # A parameter of the query stands in nothing, an item of a list has a number.
    last = error.absolute_path[-1] if error.absolute_path else ""
    name = last if isinstance(last, str) else ""
    fault = check_id(error.instance) if name == "id" else None
    fault = fault or next(check_fields({name: error.instance}), None)
    yield FieldError(_field(error), fault.message if fault else "This value is not allowed.")


_FAULTS: Final[Mapping[str, Callable[[Any], Iterator[FieldError]]]] = {
    "type": _wrong_type,
    "additionalProperties": _unknown_fields,
    "required": _missing_field,
    "minimum": _not_in_range,
    "maximum": _not_in_range,
    "minItems": _wrong_count,
    "maxItems": _wrong_count,
    "enum": _not_offered,
}
