"""Paths of Atelier's folders: the checkout with pictures, results and reports, and the cache of replaceable files."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from toolkit.core.errors import InvalidValue, Unavailable, unknown

CACHE_KINDS = ("references", "exports", "numba", "torch", "weights")


def home() -> Path:
    """The absolute path of the checkout of Atelier.

    The environment variable ``ATELIER_HOME`` names the checkout. Without this variable, the checkout is the working
    folder or its nearest parent that has the folders ``notebooks`` and ``toolkit``.

    Raises
    ------
    InvalidValue
        The working folder is not in a checkout, or ``ATELIER_HOME`` is not the path of a folder.
    """
    given = os.environ.get("ATELIER_HOME")
    if given:
        folder = Path(given).expanduser().resolve()
        if not folder.is_dir():
            raise InvalidValue(f"ATELIER_HOME must be the folder of an Atelier checkout; got {given!r}.")
        return folder
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "notebooks").is_dir() and (folder / "toolkit").is_dir():
            return folder
    raise InvalidValue(
        f"Atelier runs from its checkout (the folder with notebooks/ and toolkit/), but {str(here)!r} is outside it. "
        "Change into the checkout or set ATELIER_HOME."
    )


def cache_folder(kind: str) -> Path:
    """The cache folder of one kind, ``$XDG_CACHE_HOME/atelier/KIND``; the folder may not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "atelier" / kind


def writable_cache_folder(kind: str) -> Path:
    """The cache folder of one kind, created if it does not exist.

    Raises
    ------
    Unavailable
        No file can be written to the folder.
    """
    folder = cache_folder(kind)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):  # mkdir accepts an existing folder on a read-only disk
            pass
    except OSError as error:
        raise Unavailable(
            f"cache folder {str(folder)!r} cannot be written: {error.strerror or error}. "
            "Set XDG_CACHE_HOME to a folder that is writable."
        ) from error
    return folder


def cache_sizes_bytes() -> dict[str, int]:
    """The size of each kind's cache folder, bytes."""
    return {kind: _size_bytes(kind) for kind in CACHE_KINDS}


def clear_cache(kind: str) -> int:
    """Delete the cache folder of one kind, and return the number of bytes freed.

    Raises
    ------
    UnknownName
        `kind` is not one of `CACHE_KINDS`.
    InvalidValue
        Some files in the folder cannot be deleted; all other files are deleted.
    """
    if kind not in CACHE_KINDS:
        raise unknown("kind of cache", kind, CACHE_KINDS)
    before = _size_bytes(kind)
    shutil.rmtree(cache_folder(kind), ignore_errors=True)
    left = _size_bytes(kind)
    if left:
        raise InvalidValue(f"cache {str(cache_folder(kind))!r} cannot be deleted; {left} bytes are left.")
    return before


def _size_bytes(kind: str) -> int:
    total = 0
    for file in cache_folder(kind).rglob("*"):
        with suppress(FileNotFoundError):  # a temporary file may be deleted meanwhile
            total += file.stat().st_size if file.is_file() else 0
    return total
