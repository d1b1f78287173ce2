"""Atomic changes of the files of a directory: each is complete, or not made at all."""

import errno
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from sipapp.api import StorageUnavailable, exchange_files, rename_exclusively, sync_folder
from sipapp_xmldir.files.account import Account
from sipapp_xmldir.files.errors import unavailable
from sipapp_xmldir.files.ownership import (
    Ownership,
    apply_ownership,
    close_to_others,
    copy_attributes,
    set_attributes,
)

DISABLED: Final = ".xml.disabled"
"""Suffix of the files of disabled extensions, which FreeSWITCH's glob does not match."""
TEMPORARY: Final = re.compile(r"\..+\.xml(\.disabled)?\.[0-9a-f]{12}\.tmp")
"""Names of temporary files, which FreeSWITCH's glob ``*.xml`` does not match."""

_DEFAULT_MODE: Final = 0o640


def temporary_name(name: str) -> str:
    """A new name for what becomes the file of that name; :data:`TEMPORARY` matches it."""
    return f".{name}.{secrets.token_hex(6)}.tmp"


def open_directory(path: Path, *, create: bool) -> int:
    """Open the directory; returns a descriptor.  Raises ``StorageUnavailable``.

    A symbolic link in its place is refused: a user who can change the link could make
    sipapp write anywhere.  Links in the folders above are left to the administrator.
    """
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        try:
            return os.open(path, flags)
        except FileNotFoundError:
            if not create:
                raise
            path.mkdir(mode=0o750, parents=True, exist_ok=True)
            return os.open(path, flags)
    except OSError as error:
        if os.path.islink(path):  # noqa: PTH114  (Path's raises where we may not look)
            raise StorageUnavailable(
                f"{path} is a symbolic link. Set sipapp.storage.xmldir.directory to the "
                f"directory that it leads to: {os.path.realpath(path)}"
            ) from error
        raise unavailable("open the directory", path, error) from error


def create_files(
    directory: int,
    files: Mapping[str, bytes],
    like: os.stat_result | None,
    readers: Sequence[Account],
) -> None:
    """Make new files, all or none, each complete from its first moment.

    Raises ``FileExistsError`` with the ``filename2`` that exists.  A crash leaves only
    whole files.  Each gets the owner, group and mode of ``like``, a neighbour that FreeSWITCH
    can read, or else the directory's owner and group; but others may read none, because they
    hold a password: :func:`close_to_others` says when they may all the same.
    """
    ownership = Ownership.of(like or os.fstat(directory))
    mode = ownership.mode & 0o666 if like else _DEFAULT_MODE
    written: dict[str, str] = {}
    placed: list[str] = []
    try:
        for name, data in files.items():
            written[name] = _write_temporary(
                directory,
                name,
                data,
                replace(ownership, mode=mode),
                readers=readers,
                is_mode_needed=like is not None,
                sync=False,
            )
        # All are written before the first fsync: the disk then syncs many at once.
        for temporary in written.values():
            _sync(directory, temporary)
        for name, temporary in written.items():
            rename_exclusively(temporary, name, directory=directory)
            placed.append(name)
        sync_folder(directory)
    except BaseException:
        for name in placed:
            _unlink(directory, name)
        raise
    finally:
        for temporary in written.values():
            _unlink(directory, temporary)


def put_file(
    directory: int,
    name: str,
    data: bytes,
    ownership: Ownership,
    *,
    attributes: Mapping[str, bytes],
    readers: Sequence[Account],
) -> None:
    """Make one file of exactly this content, owner, mode and extended attributes.

    It holds a password, so others may not read it: :func:`close_to_others`.  Raises
    ``FileExistsError`` if there is one of that name.
    """
    temporary = _write_temporary(
        directory, name, data, ownership, attributes=attributes, readers=readers
    )
    try:
        rename_exclusively(temporary, name, directory=directory)
    finally:
        _unlink(directory, temporary)
    sync_folder(directory)


def replace_file(
    directory: int,
    name: str,
    data: bytes,
    old: os.stat_result,
    readers: Sequence[Account] | None = None,
) -> bool:
    """Put new content into a file's place, keeping owner, group, mode and attributes.

    With ``readers``, for a file that gets a password, others may not read it any more:
    :func:`close_to_others`.
    False, and nothing is changed, if the file is no longer the one that ``old``
    describes: a program that does not take the lock has changed it.
    """
    temporary = _write_temporary(
        directory, name, data, Ownership.of(old), copy_from=name, readers=readers
    )
    try:
        is_replaced = is_same(_state(directory, name), old) and _exchange(
            directory, temporary, name, old
        )
    except FileNotFoundError:
        if name in os.listdir(directory):
            raise  # the temporary one was removed
        is_replaced = False
    finally:
        _unlink(directory, temporary)
    if is_replaced:
        sync_folder(directory)
    return is_replaced


def _exchange(directory: int, temporary: str, name: str, old: os.stat_result) -> bool:
    """Put a temporary file into another one's place.

    Whatever a program that does not take the lock puts there meanwhile, stays there: false.
    """
    ours = _state(directory, temporary)
    if not exchange_files(temporary, name, directory=directory):
        os.replace(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
        return True
    replaced = _state(directory, temporary)
    if replaced.st_ino == old.st_ino and _has_content(replaced, old):
        return True
    # It was another one by then, and goes back.
    exchange_files(temporary, name, directory=directory)
    if _state(directory, temporary).st_ino != ours.st_ino:
        # One more has come meanwhile: the later one stays.
        exchange_files(temporary, name, directory=directory)
    return False


def move_file(directory: int, name: str, new: str) -> None:
    """Give a file another name.  Raises ``FileExistsError`` if another file has it."""
    try:
        rename_exclusively(name, new, directory=directory)
    except FileExistsError:
        if not os.path.samestat(_state(directory, name), _state(directory, new)):
            raise
        # A process that moved it by a link was killed before it removed the old name.
        os.unlink(name, dir_fd=directory)
    sync_folder(directory)


def remove_file(directory: int, name: str, old: os.stat_result) -> bool:
    """Remove a file for good.

    False, and nothing is changed, if the file is no longer the one that ``old`` describes.
    Raises ``FileNotFoundError``.
    """
    temporary = temporary_name(name)
    try:
        rename_exclusively(name, temporary, directory=directory)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        temporary = name  # a full disk has no room for the longer name, and may be why
    if not _has_content(_state(directory, temporary), old):
        if temporary != name:
            try:
                rename_exclusively(temporary, name, directory=directory)
            except FileExistsError:
                _unlink(directory, temporary)  # the other program has written it once more
        return False
    _unlink(directory, temporary)
    sync_folder(directory)
    return True


def is_same(one: os.stat_result, other: os.stat_result) -> bool:
    """Whether two states are of the same file with the same content."""
    return (one.st_ino, one.st_size, one.st_mtime_ns, one.st_ctime_ns) == (
        other.st_ino,
        other.st_size,
        other.st_mtime_ns,
        other.st_ctime_ns,
    )


def _has_content(one: os.stat_result, other: os.stat_result) -> bool:
    """Whether two states of a file, before and after a rename, are of the same content."""
    # Not by the inode's number: file systems of a network may change that with the name.
    return (one.st_size, one.st_mtime_ns) == (other.st_size, other.st_mtime_ns)


def _state(directory: int, name: str) -> os.stat_result:
    return os.stat(name, dir_fd=directory, follow_symlinks=False)


def _unlink(directory: int, name: str) -> None:
    """Remove a file that another program may have removed meanwhile."""
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=directory)


def _write_temporary(
    directory: int,
    name: str,
    data: bytes,
    ownership: Ownership,
    *,
    copy_from: str | None = None,
    attributes: Mapping[str, bytes] | None = None,
    readers: Sequence[Account] | None = None,
    is_mode_needed: bool = True,
    sync: bool = True,
) -> str:
    temporary = temporary_name(name)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o600, dir_fd=directory)
    try:
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            view = memoryview(data)
            while view:
                view = view[file.write(view) :]
            apply_ownership(descriptor, ownership, name, is_mode_needed=is_mode_needed)
            if copy_from:
                copy_attributes(directory, copy_from, descriptor)
            set_attributes(descriptor, attributes or {})
            if readers is not None:
                # After the attributes: an access control list has rights of others, too.
                close_to_others(descriptor, name, readers)
            if sync:
                os.fsync(descriptor)
    except BaseException:
        _unlink(directory, temporary)
        raise
    return temporary


def _sync(directory: int, name: str) -> None:
    """Wait until a file is on the disk; an error of its writing is raised here as well."""
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
