"""Find, check, download and import the files of published weights on this machine.

Atelier contains no weights. A file is searched in the folder that ``ATELIER_WEIGHTS`` names, then in the user's cache.
Each time a file is found, its checksum is checked.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from toolkit.core import folders
from toolkit.core.errors import InvalidValue, Unavailable, unknown
from toolkit.core.files import written_whole
from toolkit.models.published import WEIGHTS, Weights

VARIABLE = "ATELIER_WEIGHTS"

_CHECKSUMS = ("sha256", "git", "arrays")


def find(name: str) -> Path:
    """The file of published weights on this machine, after a check of its checksum.

    Raises
    ------
    UnknownName
        `name` is not the name of a published file of weights.
    Unavailable
        The file is not on this machine; the message names its source, its checksum and how to get it.
    InvalidValue
        The checksum of the file on this machine differs from the published checksum.
    """
    entry = _entry(name)
    path = where(name)
    if path is None:
        raise Unavailable(
            f"weights {name!r} are not on this machine; source {entry.source} ({entry.source.licence}), "
            f"{entry.checksum}. {_how_to_get(entry)}"
        )
    _check(path, entry)
    return path


def where(name: str) -> Path | None:
    """The file `name` in the folder of ``ATELIER_WEIGHTS``, at any depth, or in the cache; no checksum is checked."""
    entry = _entry(name)
    own = os.environ.get(VARIABLE)
    if own:
        if not Path(own).is_dir():
            raise InvalidValue(
                f"{VARIABLE} must name a folder; got {own!r}. "
                "Remove this environment variable, or set it to the folder with the weights files."
            )
        # Files are sorted, because the order of rglob differs between machines, and every machine must take the same
        # copy.
        for path in sorted(Path(own).rglob(entry.name)):
            if path.is_file():
                return path
    cached = _cached(entry)
    return cached if cached.is_file() else None


def verify(names: Iterable[str] = ()) -> dict[str, str]:
    """Check published files; a name maps to ``""`` if the file is on this machine and undamaged, else to an error.

    Parameters
    ----------
    names : iterable of str
        Names of published files; empty to check all published files.
    """
    problems = {}
    for name in names or WEIGHTS:
        try:
            find(name)
            problems[name] = ""
        except (Unavailable, InvalidValue) as error:
            problems[name] = str(error)
    return problems


def fetch(name: str) -> Path:
    """Download a file from its source into the cache, unless the right file is on this machine already.

    A file with a wrong checksum is replaced in the cache, but not in the user's own folder.

    Raises
    ------
    UnknownName
        `name` is not the name of a published file of weights.
    Unavailable
        The download failed, the source has the weights in another format only, or the cache cannot be written.
    InvalidValue
        The downloaded file has a wrong checksum and is deleted, or a file with a wrong checksum is in the user's
        folder.
    """
    entry = _entry(name)
    path = where(name)
    if path is not None:
        try:
            _check(path, entry)
        except InvalidValue:
            if path != _cached(entry):
                raise
        else:
            return path
    if entry.source.conversion:
        raise Unavailable(f"weights {name!r} cannot be fetched from {entry.source}. {_how_to_get(entry)}")
    import pooch

    pooch.get_logger().setLevel("WARNING")
    cached = folders.writable_cache_folder("weights") / name
    with written_whole(cached) as part:
        try:
            pooch.retrieve(entry.url, known_hash=None, fname=part.name, path=part.parent)
        except Exception as error:  # the download library raises errors of many classes
            raise Unavailable(
                f"weights {name!r} cannot be fetched from {entry.url}: {_innermost_message(error)}."
            ) from error
        _check(part, entry, shown=entry.url)
    return cached


def import_file(path: Path) -> Weights:
    """Copy a file that the user got elsewhere into the cache; its checksum identifies it.

    Raises
    ------
    InvalidValue
        The file does not exist, its checksum is not that of a published file, or it cannot be copied.
    Unavailable
        The cache cannot be written.
    """
    if not path.is_file():
        raise InvalidValue(f"weights to import must be a file; got {str(path)!r}.")
    checksums = {kind: checksum(path, kind) for kind in _CHECKSUMS}
    entry = next((entry for entry in WEIGHTS.values() if entry.checksum in checksums.values()), None)
    if entry is None:
        expected, got = "the checksum of a published file", checksums["sha256"]
        if path.name in WEIGHTS:
            expected = f"the checksum {WEIGHTS[path.name].checksum}"
            got = checksums[_kind(WEIGHTS[path.name])]
        raise InvalidValue(f"weights {path.name!r} to import must have {expected}; got {got}.")
    folder = folders.writable_cache_folder("weights")
    try:
        with written_whole(folder / entry.name) as part:
            shutil.copyfile(path, part)
    except OSError as error:
        raise InvalidValue(
            f"weights {str(path)!r} cannot be copied to {str(folder)!r}: {error.strerror}."
        ) from error
    return entry


def _entry(name: str) -> Weights:
    if name not in WEIGHTS:
        raise unknown("weights", name, WEIGHTS)
    return WEIGHTS[name]


def _cached(entry: Weights) -> Path:
    return folders.cache_folder("weights") / entry.name


def _how_to_get(entry: Weights) -> str:
    if entry.source.conversion:
        return f"{entry.source.conversion} Then run: atelier weights import FILE."
    return f"Run: atelier weights fetch {entry.name}, or set {VARIABLE} to the folder that has this file."


def _innermost_message(error: Exception) -> str:
    """The cause of a download error, without the objects and the address that the network library adds to the cause."""
    message = str(error).partition("\n")[0].rpartition("): ")[2].removesuffix('"))')
    return message.rstrip(".") or type(error).__name__


def _check(path: Path, entry: Weights, *, shown: str = "") -> None:
    """Refuse a file with a wrong checksum; the error message names `shown`, if given, instead of the file's path."""
    got = checksum(path, _kind(entry))
    if got != entry.checksum:
        hint = f" {_how_to_get(entry)}" if path == _cached(entry) else ""
        raise InvalidValue(
            f"weights {shown or str(path)!r} must have the checksum {entry.checksum}; got {got}. "
            f"The file is truncated, or is not the published file.{hint}"
        )


def _kind(entry: Weights) -> str:
    return entry.checksum.partition(":")[0]


def checksum(path: Path, kind: str) -> str:
    """The checksum of a file as ``kind:HEX``; for ``"arrays"``, an explanation if the file is not an .npz archive.

    Parameters
    ----------
    kind : {"sha256", "git", "arrays"}
        SHA-256 of the bytes; git's blob SHA-1 (``git hash-object FILE``); or SHA-256 over the arrays of an .npz file,
        sorted by name: the name, ``dtype.str``, shape and bytes of each array. The checksum of arrays does not depend
        on how the arrays were saved.

    Raises
    ------
    InvalidValue
        The file cannot be read.
    """
    if kind == "arrays":
        return _arrays_checksum(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidValue(f"weights {str(path)!r} cannot be read: {error.strerror}.") from error
    if kind == "sha256":
        return f"sha256:{hashlib.sha256(content).hexdigest()}"
    blob = f"blob {len(content)}\0".encode() + content
    return f"git:{hashlib.sha1(blob, usedforsecurity=False).hexdigest()}"


def _arrays_checksum(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with np.load(path, allow_pickle=False) as archive:
            for name in sorted(archive.files):
                values = np.asarray(archive[name])
                digest.update(f"{name}\0{values.dtype.str}\0{values.shape}\0".encode())
                digest.update(values.tobytes())
    except (OSError, ValueError, EOFError, TypeError, AttributeError, zipfile.BadZipFile):
        return "a file that is not an .npz archive"
    return f"arrays:{digest.hexdigest()}"
