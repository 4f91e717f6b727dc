"""Checksums of published weights: of a file's bytes, or of the arrays in it, whoever wrote them down."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import numpy as np

from toolkit.core.errors import InvalidValue

KINDS = ("sha256", "git", "arrays")


def checksum(path: Path, kind: str) -> str:
    """The file's checksum with its kind before it; empty where it has none of that kind.

    Parameters
    ----------
    kind : {"sha256", "git", "arrays"}
        SHA-256 of the bytes; git's blob SHA-1 (``git hash-object FILE``); SHA-256 over the named arrays of an .npz
        file sorted by name, of each its name, ``dtype.str``, shape and bytes: equal however they were saved.

    Raises
    ------
    InvalidValue
        The file cannot be read.
    """
    if kind == "arrays":
        return _of_arrays(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidValue(f"weights {str(path)!r} cannot be read: {error.strerror}.") from error
    if kind == "sha256":
        return f"sha256:{hashlib.sha256(content).hexdigest()}"
    blob = f"blob {len(content)}\0".encode() + content
    return f"git:{hashlib.sha1(blob, usedforsecurity=False).hexdigest()}"


def _of_arrays(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with np.load(path, allow_pickle=False) as archive:
            for name in sorted(archive.files):
                values = np.asarray(archive[name])
                digest.update(f"{name}\0{values.dtype.str}\0{values.shape}\0".encode())
                digest.update(values.tobytes())
    except (OSError, ValueError, EOFError, TypeError, AttributeError, zipfile.BadZipFile):
        return ""
    return f"arrays:{digest.hexdigest()}"
