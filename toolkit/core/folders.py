"""The folders that Atelier keeps: its home with pictures, results and reports, and a cache of what can be remade."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from toolkit.core.errors import InvalidValue, Unavailable, unknown

CACHE_KINDS = ("references", "exports", "numba", "torch", "weights")


def home() -> Path:
    """The checkout: ``ATELIER_HOME``, or the nearest parent of the working folder with ``notebooks/`` and ``toolkit/``.

    Returns
    -------
    Path
        Absolute.

    Raises
    ------
    InvalidValue
        Outside a checkout, or ``ATELIER_HOME`` names no folder.
    """
    named = os.environ.get("ATELIER_HOME")
    if named:
        home = Path(named).expanduser().resolve()
        if not home.is_dir():
            raise InvalidValue(f"ATELIER_HOME must be the folder of an Atelier checkout; got {named!r}.")
        return home
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "notebooks").is_dir() and (folder / "toolkit").is_dir():
            return folder
    raise InvalidValue(
        f"Atelier runs from its checkout, the folder with notebooks/ and toolkit/; {str(here)!r} is in none. "
        "Change into it or set ATELIER_HOME."
    )


def cache_folder(kind: str) -> Path:
    """The folder of one kind of cached thing, ``$XDG_CACHE_HOME/atelier/KIND``; it may not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "atelier" / kind


def writable_cache_folder(kind: str) -> Path:
    """The same folder, made where it was not there.

    Raises
    ------
    Unavailable
        Nothing can be written there.
    """
    made = cache_folder(kind)
    try:
        made.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=made):  # a disk that is read-only lets an old folder be
            pass
    except OSError as error:
        raise Unavailable(
            f"cache folder {str(made)!r} cannot be written: {error.strerror or error}. "
            "Set XDG_CACHE_HOME to a folder that can be."
        ) from error
    return made


def cache_sizes_bytes() -> dict[str, int]:
    """Bytes that each kind holds now."""
    return {kind: _size_bytes(kind) for kind in CACHE_KINDS}


def clear_cache(kind: str) -> int:
    """Delete one kind; returns the bytes freed.

    Raises
    ------
    UnknownName
        No such kind.
    InvalidValue
        The folder cannot be deleted; what could be is.
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
        try:
            total += file.stat().st_size if file.is_file() else 0
        except FileNotFoundError:  # it was temporary
            continue
    return total
