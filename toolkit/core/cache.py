"""Where things that can be made again are kept: references, exports, compiled kernels, weights."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

KINDS = ("references", "exports", "numba", "weights")


def folder(kind: str) -> Path:
    """The folder of one kind of cached thing, ``$XDG_CACHE_HOME/atelier/KIND``; it may not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "atelier" / kind


def sizes_bytes() -> dict[str, int]:
    """Bytes that each kind holds now."""
    return {kind: sum(f.stat().st_size for f in folder(kind).rglob("*") if f.is_file()) for kind in KINDS}


def clear(kind: str) -> int:
    """Delete one kind; returns the bytes freed."""
    freed = sizes_bytes()[kind]
    shutil.rmtree(folder(kind), ignore_errors=True)
    return freed
