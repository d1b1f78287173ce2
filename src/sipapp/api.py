"""The one module that a plugin imports."""

import pluggy

from sipapp.backends import (
    Action,
    AdminColumn,
    Backend,
    ExtensionChanged,
    HealthCheck,
)
from sipapp.errors import (
    ExtensionExists,
    ExtensionNotFound,
    FieldError,
    InvalidExtension,
    ReadOnlyExtension,
    SettingsError,
    StorageError,
    StorageUnavailable,
    SwitchAccessDenied,
    SwitchConnectionRefused,
    SwitchError,
    SwitchProtocolError,
    SwitchRefused,
    SwitchTimeout,
    SwitchUnreachable,
    SwitchWrongPassword,
    VersionConflict,
)
from sipapp.extension import FIELD_NAMES, FIELDS, SECRET_FIELDS, Extension, Field
from sipapp.findings import DEFAULT_CONTEXT, NEW_PASSWORD, Examination, Finding, Mending, Severity
from sipapp.freeswitch import FreeSwitchReload, Transport
from sipapp.options import Option, boolean, host, path, port, seconds, secret_file
from sipapp.reload import Apply, Outcome, ReloadStrategy, SwitchContext, SwitchOutcome
from sipapp.storage import ExtensionStorage

hookimpl = pluggy.HookimplMarker("sipapp")
"""Marks a function of a plugin as its implementation of a hook of :mod:`sipapp.hookspecs`."""

__all__ = [
    "DEFAULT_CONTEXT",
    "FIELDS",
    "FIELD_NAMES",
    "NEW_PASSWORD",
    "SECRET_FIELDS",
    "Action",
    "AdminColumn",
    "Apply",
    "Backend",
    "Examination",
    "Extension",
    "ExtensionChanged",
    "ExtensionExists",
    "ExtensionNotFound",
    "ExtensionStorage",
    "Field",
    "FieldError",
    "Finding",
    "FreeSwitchReload",
    "HealthCheck",
    "InvalidExtension",
    "Mending",
    "Option",
    "Outcome",
    "ReadOnlyExtension",
    "ReloadStrategy",
    "SettingsError",
    "Severity",
    "StorageError",
    "StorageUnavailable",
    "SwitchAccessDenied",
    "SwitchConnectionRefused",
    "SwitchContext",
    "SwitchError",
    "SwitchOutcome",
    "SwitchProtocolError",
    "SwitchRefused",
    "SwitchTimeout",
    "SwitchUnreachable",
    "SwitchWrongPassword",
    "Transport",
    "VersionConflict",
    "boolean",
    "hookimpl",
    "host",
    "path",
    "port",
    "seconds",
    "secret_file",
]
