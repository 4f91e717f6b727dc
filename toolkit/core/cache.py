"""Where things that can be made again are kept: references, exports, compiled kernels, weights."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
from pathlib import Path

KINDS = ("references", "exports", "numba", "weights")


def folder(kind: str) -> Path:
    """The folder of one kind of cached thing, ``$XDG_CACHE_HOME/atelier/KIND``; it may not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "atelier" / kind


def numba_folder() -> Path:
    """Folder of compiled kernels, keyed by a hash of the kernels' sources, the Numba version and the processor.

    Numba looks only at the file that holds a function: after a helper in another file was edited it would return the
    old result. A new key compiles anew.
    """
    from toolkit.core.hardware import processor

    digest = hashlib.sha256()
    for path in sorted((Path(__file__).parent.parent / "kernels").rglob("*.py")):
        digest.update(path.read_bytes())
    try:
        digest.update(importlib.metadata.version("numba").encode())
    except importlib.metadata.PackageNotFoundError:
        digest.update(b"no numba")
    digest.update(json.dumps(processor().value, sort_keys=True).encode())
    return folder("numba") / digest.hexdigest()[:16]


def sizes_bytes() -> dict[str, int]:
    """Bytes that each kind holds now."""
    return {kind: sum(f.stat().st_size for f in folder(kind).rglob("*") if f.is_file()) for kind in KINDS}


def clear(kind: str) -> int:
    """Delete one kind; returns the bytes freed."""
    freed = sizes_bytes()[kind]
    shutil.rmtree(folder(kind), ignore_errors=True)
    return freed
