"""Redaction of reports: properties that the schema does not know are dropped."""

from collections.abc import Mapping
from typing import Any


def only_known(value: Any, schema: Mapping[str, Any]) -> Any:
    """The JSON value without the properties that the schema does not know."""
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        return {
            name: only_known(each, properties[name])
            for name, each in value.items()
            if name in properties
        }
    if isinstance(value, list):
        return [only_known(each, schema.get("items", {})) for each in value]
    return value
