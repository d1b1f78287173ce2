"""Renames that lose no file of another program, as far as the file system has them."""

import ctypes
import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_NOREPLACE: Final = 1
_EXCHANGE: Final = 2
_CURRENT_FOLDER: Final = -100
_libc: Final = ctypes.CDLL(None, use_errno=True)


def rename_exclusively(name: str, new: str, *, directory: int | None = None) -> bool:
    """Rename a file, unless there is one of the new name; returns whether it was one step.

    Both names are relative to an open ``directory`` if that is given.  Raises
    ``FileExistsError`` with ``filename2``, and ``OSError``.

    The kernel does it in one step (``RENAME_NOREPLACE``), or by a hard link, on NFS for example.
    Where the file system has neither, as exFAT through FUSE, it looks first whether the name is
    free: another program that makes the file in that very moment loses it.
    """
    for rename in (_rename_noreplace, _rename_by_link):
        try:
            rename(name, new, directory)
        except FileNotFoundError:
            raise
        except FileExistsError:
            if has_entry(new, directory=directory, besides=name):
                raise
            break  # a file system without case: it is this file
        except OSError:
            continue  # it cannot, or has a reason that the last way has as well
        return True
    if has_entry(new, directory=directory, besides=name):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name, None, new)
    os.rename(name, new, src_dir_fd=directory, dst_dir_fd=directory)
    return False


def has_entry(name: str, *, directory: int | None = None, besides: str = "") -> bool:
    """Whether there is a file of this name.

    Where case does not matter, a file of the name in another case counts, but for the one that
    is called ``besides`` exactly: it can get the name.
    """
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    folder, base = os.path.split(name)
    with os.scandir(folder or "." if directory is None else directory) as entries:
        names = {each.name for each in entries if each.name.casefold() == base.casefold()}
    return base in names or names != {Path(besides).name}


def exchange_files(name: str, other: str, *, directory: int) -> bool:
    """Give two files each other's name in one step; false where the file system cannot.

    Raises ``OSError``, ``FileNotFoundError`` if one of them is not there.
    """
    try:
        _renameat2(name, other, directory, _EXCHANGE)
    except OSError as error:
        if error.errno in {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}:
            return False
        raise
    return True


def _rename_noreplace(name: str, new: str, directory: int | None) -> None:
    _renameat2(name, new, directory, _NOREPLACE)


def _renameat2(name: str, new: str, directory: int | None, flags: int) -> None:
    folder = _CURRENT_FOLDER if directory is None else directory
    call = getattr(_libc, "renameat2", None)  # older C libraries lack it
    if call is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if call(folder, os.fsencode(name), folder, os.fsencode(new), flags):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name, None, new)


def _rename_by_link(name: str, new: str, directory: int | None) -> None:
    os.link(name, new, src_dir_fd=directory, dst_dir_fd=directory, follow_symlinks=False)
    try:
        os.unlink(name, dir_fd=directory)
    except OSError:
        with suppress(OSError):
            os.unlink(new, dir_fd=directory)
        raise
