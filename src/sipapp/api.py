"""The one module that a plugin imports; for FreeSWITCH there is :mod:`sipapp.freeswitch.api`."""

import pluggy

from sipapp.concurrency.child_process import SETPRIV, with_parent_death_signal
from sipapp.doctor.local_addresses import is_here
from sipapp.files.atomic_write import replace_file, sync_folder
from sipapp.files.file_lock import file_lock
from sipapp.files.renames import exchange_files, has_entry, rename_exclusively
from sipapp.files.storage_errors import storage_errors
from sipapp.files.write_access import disk_advice, group_name, try_to_write, user_name
from sipapp.hooks.backends import (
    Action,
    AdminColumn,
    AdminLink,
    Backend,
    ExtensionChanged,
    HealthCheck,
    ProposedChange,
)
from sipapp.model.account import Account, Role
from sipapp.model.aliases import NO_ALIASES, Aliases
from sipapp.model.apply import UNKNOWN, Apply, Outcome, SwitchOutcome, Values
from sipapp.model.change import Actor, FieldChange
from sipapp.model.diagnosis import Diagnosis
from sipapp.model.errors import (
    ExtensionExists,
    ExtensionNotFound,
    FieldError,
    InvalidCursor,
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
from sipapp.model.extension import (
    FIELD_NAMES,
    FIELDS,
    SECRET_FIELDS,
    USER_PATTERN,
    USER_RULE,
    Extension,
    Field,
    WithoutPassword,
    check_domain,
    check_new_id,
    fold_id,
    id_in,
    is_domain,
    is_user,
    join_id,
    refuse_unknown_fields,
    split_id,
)
from sipapp.model.findings import (
    DEFAULT_CONTEXT,
    NEW_PASSWORD,
    NO_PASSWORD_ON_PURPOSE,
    Examination,
    Finding,
    Mending,
    Severity,
)
from sipapp.model.live import (
    Call,
    CallState,
    LiveStatus,
    Registration,
    call_with_ids,
    registration_with_id,
)
from sipapp.model.secret import Secret, ha1
from sipapp.model.secret_words import names_secret
from sipapp.model.switch_changed import SwitchChanged, SwitchState
from sipapp.model.text import natural_key, one_line
from sipapp.settings.options import (
    Option,
    boolean,
    host,
    path,
    paths,
    port,
    seconds,
    secret_file,
    sip_profiles,
)
from sipapp.storages.base import ExtensionStorage
from sipapp.storages.capabilities import (
    BlocksReloads,
    Diagnoses,
    Disables,
    Examines,
    Mends,
    Renames,
    RenamesOtherValues,
)
from sipapp.storages.examination_view import (
    ExaminationSummary,
    ExaminationView,
    ListedExamination,
)
from sipapp.storages.listed import ListedStorage
from sipapp.storages.query import (
    COUNTED,
    SORT_KEYS,
    Page,
    Query,
    SortKey,
    decode_cursor,
    encode_cursor,
)
from sipapp.storages.view import StorageView
from sipapp.switches.change_set import ChangeSet
from sipapp.switches.live_table import LiveTable
from sipapp.switches.live_view import IndexedLive, ListedLive, LiveSummary, LiveView
from sipapp.switches.strategy import ReloadStrategy, SwitchContext

hookimpl = pluggy.HookimplMarker("sipapp")
"""Marks a function of a plugin as its implementation of a hook of :mod:`sipapp.hooks.specs`."""

__all__ = [
    "COUNTED",
    "DEFAULT_CONTEXT",
    "FIELDS",
    "FIELD_NAMES",
    "NEW_PASSWORD",
    "NO_ALIASES",
    "NO_PASSWORD_ON_PURPOSE",
    "SECRET_FIELDS",
    "SETPRIV",
    "SORT_KEYS",
    "UNKNOWN",
    "USER_PATTERN",
    "USER_RULE",
    "Account",
    "Action",
    "Actor",
    "AdminColumn",
    "AdminLink",
    "Aliases",
    "Apply",
    "Backend",
    "BlocksReloads",
    "Call",
    "CallState",
    "ChangeSet",
    "Diagnoses",
    "Diagnosis",
    "Disables",
    "Examination",
    "ExaminationSummary",
    "ExaminationView",
    "Examines",
    "Extension",
    "ExtensionChanged",
    "ExtensionExists",
    "ExtensionNotFound",
    "ExtensionStorage",
    "Field",
    "FieldChange",
    "FieldError",
    "Finding",
    "HealthCheck",
    "IndexedLive",
    "InvalidCursor",
    "InvalidExtension",
    "ListedExamination",
    "ListedLive",
    "ListedStorage",
    "LiveStatus",
    "LiveSummary",
    "LiveTable",
    "LiveView",
    "Mending",
    "Mends",
    "Option",
    "Outcome",
    "Page",
    "ProposedChange",
    "Query",
    "ReadOnlyExtension",
    "Registration",
    "ReloadStrategy",
    "Renames",
    "RenamesOtherValues",
    "Role",
    "Secret",
    "SettingsError",
    "Severity",
    "SortKey",
    "StorageError",
    "StorageUnavailable",
    "StorageView",
    "SwitchAccessDenied",
    "SwitchChanged",
    "SwitchConnectionRefused",
    "SwitchContext",
    "SwitchError",
    "SwitchOutcome",
    "SwitchProtocolError",
    "SwitchRefused",
    "SwitchState",
    "SwitchTimeout",
    "SwitchUnreachable",
    "SwitchWrongPassword",
    "Values",
    "VersionConflict",
    "WithoutPassword",
    "boolean",
    "call_with_ids",
    "check_domain",
    "check_new_id",
    "decode_cursor",
    "disk_advice",
    "encode_cursor",
    "exchange_files",
    "file_lock",
    "fold_id",
    "group_name",
    "ha1",
    "has_entry",
    "hookimpl",
    "host",
    "id_in",
    "is_domain",
    "is_here",
    "is_user",
    "join_id",
    "names_secret",
    "natural_key",
    "one_line",
    "path",
    "paths",
    "port",
    "refuse_unknown_fields",
    "registration_with_id",
    "rename_exclusively",
    "replace_file",
    "seconds",
    "secret_file",
    "sip_profiles",
    "split_id",
    "storage_errors",
    "sync_folder",
    "try_to_write",
    "user_name",
    "with_parent_death_signal",
]
