"""Where things that can be made again are kept: references, exports, compiled kernels, weights."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from toolkit.core.errors import InvalidValue, Unavailable, unknown

KINDS = ("references", "exports", "numba", "torch", "weights")


def folder(kind: str) -> Path:
    """The folder of one kind of cached thing, ``$XDG_CACHE_HOME/atelier/KIND``; it may not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "atelier" / kind


def writable_folder(kind: str) -> Path:
    """The same folder, made where it was not there.

    Raises
    ------
    Unavailable
        Nothing can be written there.
    """
    made = folder(kind)
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


def sizes_bytes() -> dict[str, int]:
    """Bytes that each kind holds now."""
    return {kind: _size_bytes(kind) for kind in KINDS}


def clear(kind: str) -> int:
    """Delete one kind; returns the bytes freed.

    Raises
    ------
    UnknownName
        No such kind.
    InvalidValue
        The folder cannot be deleted; what could be is.
    """
    if kind not in KINDS:
        raise unknown("kind of cache", kind, KINDS)
    before = _size_bytes(kind)
    shutil.rmtree(folder(kind), ignore_errors=True)
    left = _size_bytes(kind)
    if left:
        raise InvalidValue(f"cache {str(folder(kind))!r} cannot be deleted; {left} bytes are left.")
    return before


def _size_bytes(kind: str) -> int:
    total = 0
    for file in folder(kind).rglob("*"):
        try:
            total += file.stat().st_size if file.is_file() else 0
        except FileNotFoundError:  # it was temporary
            continue
    return total
