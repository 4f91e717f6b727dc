"""Paths of Atelier's folders: the data (pictures, results, reports) and the cache of replaceable files."""

from __future__ import annotations

import atexit
import errno
import logging
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from toolkit.core.errors import InvalidValue, Unavailable, unknown

CACHE_KINDS = ("references", "exports", "numba", "torch", "weights", "environments")

_PACKAGE = Path(__file__).resolve().parents[1]
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Error numbers of a full disk, of a used-up quota and of a file that exceeds the largest allowed size."""

_TRIAL_BYTES = 1 << 16
"""Bytes written to test whether a folder accepts files: on a full disk an empty file can still be created."""

_log = logging.getLogger(__name__)


def checkout() -> Path | None:
    """The folder of the git checkout that contains this package; None if it was installed without a checkout."""
    folder = _PACKAGE.parent
    return folder if (folder / "notebooks").is_dir() else None


def home() -> Path:
    """The absolute path of the folder with the data: ``data/images``, ``data/results`` and ``reports``.

    The folder is ``ATELIER_HOME`` if this variable is set, else the checkout that contains this package, else
    ``~/.local/share/atelier`` (or ``$XDG_DATA_HOME/atelier``). The folder of the data may not exist yet.

    Raises
    ------
    InvalidValue
        ``ATELIER_HOME`` is not the path of a folder, or the user has no home folder.
    """
    given = os.environ.get("ATELIER_HOME")
    if given:
        folder = Path(os.path.expanduser(given)).resolve()
        if folder.exists() and not folder.is_dir():
            raise InvalidValue(f"ATELIER_HOME must be the path of a folder; got {given!r}.")
        return folder
    return checkout() or _users_data_folder()


def made_home() -> Path:
    """The folder of the data (see `home`), created if missing; a log message names a folder created in the user's home.

    Raises
    ------
    InvalidValue
        The folder of the data cannot be created.
    """
    folder = home()
    if not folder.is_dir():
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidValue(
                f"folder {str(folder)!r} for data cannot be made: {error.strerror or error}. "
                "Set ATELIER_HOME to a folder that is writable."
            ) from error
        if not os.environ.get("ATELIER_HOME"):
            _log.warning(
                "results and reports are kept in %s; set ATELIER_HOME to keep them elsewhere.", folder
            )
    return folder


def _users_data_folder() -> Path:
    base = os.environ.get("XDG_DATA_HOME")
    if base:
        return Path(base) / "atelier"
    try:
        return Path.home() / ".local" / "share" / "atelier"
    except RuntimeError:
        raise InvalidValue(
            "this user has no home folder, so ATELIER_HOME must name a folder for results and reports; it is not set."
        ) from None


def cache_folder(kind: str) -> Path:
    """The path of the cache folder of one kind of files, ``$XDG_CACHE_HOME/atelier/KIND``; it may not exist yet.

    For a user without a home folder, the cache folder is in `temporary_folder`.
    """
    base = os.environ.get("XDG_CACHE_HOME")
    if base:
        return Path(base) / "atelier" / kind
    try:
        return Path.home() / ".cache" / "atelier" / kind
    except RuntimeError:
        return temporary_folder() / kind


def usable_cache_folder(kind: str) -> Path:
    """The cache folder of one kind of files if it is writable, else a folder of the same name in `temporary_folder`.

    The returned folder is created if it does not exist. A restart of the machine may delete files in a temporary
    folder; Atelier then computes the content of these files again.
    """
    try:
        return writable_cache_folder(kind)
    except Unavailable as error:
        folder = temporary_folder() / kind
        _log.info("%s Until the cache folder is writable, the folder %s is used.", error, folder)
        folder.mkdir(exist_ok=True)
        return folder


def kept_file(kind: str, name: str) -> Path:
    """The path of a file in the cache if the file exists, else the path in `usable_cache_folder` for a new file."""
    found = cache_folder(kind) / name
    return found if found.exists() else usable_cache_folder(kind) / name


def temporary_folder() -> Path:
    """A folder for temporary files that belongs to this user alone; every process of the user gets the same folder.

    Compiled code is loaded from the temporary folder, so a folder to which another user can write is not accepted: the
    process then creates a new folder, and deletes it when the process ends.

    Raises
    ------
    Unavailable
        No folder for temporary files can be written.
    """
    try:
        return _own_folder_in(tempfile.gettempdir())
    except OSError as error:
        raise Unavailable(
            f"no temporary folder can be written: {error.strerror or error}. Set TMPDIR to a folder that is writable."
        ) from error


@cache
def _own_folder_in(parent: str) -> Path:
    user = os.getuid() if hasattr(os, "getuid") else "user"
    folder = Path(parent) / f"atelier-{user}"
    with suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        is_own = not hasattr(os, "getuid") or found.st_uid == os.getuid()
        if stat.S_ISDIR(found.st_mode) and is_own and not found.st_mode & 0o022:
            write_something(folder)
            return folder
    alone = Path(tempfile.mkdtemp(prefix="atelier-", dir=parent))
    atexit.register(shutil.rmtree, alone, ignore_errors=True)
    return alone


def write_something(folder: Path) -> None:
    """Raise OSError unless files can be written to `folder`; mkdir accepts an existing folder on a read-only disk."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(_TRIAL_BYTES))
        file.flush()


def writable_cache_folder(kind: str) -> Path:
    """The cache folder of one kind of files, created if it does not exist.

    Raises
    ------
    Unavailable
        No file can be written to the cache folder.
    """
    folder = cache_folder(kind)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_something(folder)
    except OSError as error:
        raise Unavailable(no_room(folder, error)) from error
    return folder


def no_room(cache: Path, error: OSError) -> str:
    """An error message that says why no file can be written to a cache folder, and what the user can do."""
    hint = "Free some space, or set XDG_CACHE_HOME to a folder on another disk."
    if error.errno not in NO_SPACE:
        hint = "Set XDG_CACHE_HOME to a folder that is writable."
    return f"cache folder {str(cache)!r} cannot be written: {error.strerror or error}. {hint}"


def cache_sizes_bytes() -> dict[str, int]:
    """The size of the cache folder of each kind of cached files, bytes."""
    return {kind: _size_bytes(kind) for kind in CACHE_KINDS}


def clear_cache(kind: str) -> int:
    """Delete the cache folder of one kind of files, and return the number of bytes freed.

    Raises
    ------
    UnknownName
        `kind` is not one of `CACHE_KINDS`.
    InvalidValue
        Some files in the cache folder cannot be deleted; all other files are deleted.
    """
    if kind not in CACHE_KINDS:
        raise unknown("kind of cache", kind, CACHE_KINDS)
    before = _size_bytes(kind)
    shutil.rmtree(cache_folder(kind), ignore_errors=True)
    left = _size_bytes(kind)
    if left:
        raise InvalidValue(
            f"cache {str(cache_folder(kind))!r} cannot be deleted; {left} bytes are left in it."
        )
    return before


def _size_bytes(kind: str) -> int:
    total = 0
    for file in cache_folder(kind).rglob("*"):
        with suppress(FileNotFoundError):  # another process may delete a temporary file during this loop
            total += file.stat().st_size if file.is_file() else 0
    return total
