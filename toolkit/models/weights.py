"""Published weights on this machine: found, checked, fetched, imported.

No weights ship with Atelier. A file is looked for in the folder that ``ATELIER_WEIGHTS`` names, then in the user's
cache, and its checksum is checked whenever it is found.
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


def find(name: str) -> Path:
    """The file of published weights on this machine, its checksum checked.

    Raises
    ------
    UnknownName
        No published file has this name.
    Unavailable
        It is not here; the sentence names its source, its checksum and what to do.
    InvalidValue
        A file of that name is here with another checksum.
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
    """Where a file of that name lies, unchecked: in ``ATELIER_WEIGHTS`` at any depth, or in the cache."""
    entry = _entry(name)
    named = os.environ.get(VARIABLE)
    if named and not Path(named).is_dir():
        raise InvalidValue(
            f"{VARIABLE} must name a folder; got {named!r}. Unset it, or name the folder that has the files."
        )
    folders = [Path(named)] if named else []
    for folder in folders:
        # Sorted: two copies of one name must give the same one everywhere.
        for path in sorted(folder.rglob(entry.name)):
            if path.is_file():
                return path
    cached = _cached(entry)
    return cached if cached.is_file() else None


def verify(names: Iterable[str] = ()) -> dict[str, str]:
    """What is the matter with each file: ``""`` when it is here and right, else a sentence.

    Parameters
    ----------
    names : iterable of str
        Empty for all that are published.
    """
    said = {}
    for name in names or WEIGHTS:
        try:
            find(name)
        except (Unavailable, InvalidValue) as error:
            said[name] = str(error)
        else:
            said[name] = ""
    return said


def fetch(entry: Weights | str) -> Path:
    """Download a file from its source into the cache, unless a right one is on this machine already.

    A wrong one in the cache is replaced.

    Raises
    ------
    Unavailable
        The download failed, the file is one that its source has in another format, or the cache cannot be written.
    InvalidValue
        What came has another checksum, and is not kept; or a wrong file lies in the folder of the user's.
    """
    if isinstance(entry, str):
        entry = _entry(entry)
        path = where(entry.name)
        if path is not None:
            try:
                _check(path, entry)
            except InvalidValue:
                if path != _cached(entry):  # the user's own file: it stays, and it is told
                    raise
            else:
                return path
    if entry.source.conversion:
        raise Unavailable(
            f"weights {entry.name!r} cannot be fetched as they are from {entry.source}. {_how_to_get(entry)}"
        )
    import pooch

    pooch.get_logger().setLevel("WARNING")
    cached = folders.writable_cache_folder("weights") / entry.name
    with written_whole(cached) as part:
        try:
            pooch.retrieve(entry.url, known_hash=None, fname=part.name, path=part.parent)
        except Exception as error:  # whatever the network library raises
            raise Unavailable(
                f"weights {entry.name!r} cannot be fetched from {entry.url}: {_short(error)}."
            ) from error
        _check(part, entry, shown=entry.url)
    return cached


def import_file(path: Path) -> Weights:
    """Copy a file that the user got elsewhere into the cache; its checksum says which one it is.

    Raises
    ------
    InvalidValue
        There is no such file, it is none of the published ones, or it cannot be copied.
    Unavailable
        The cache cannot be written.
    """
    if not path.is_file():
        raise InvalidValue(f"weights to import must be a file; got {str(path)!r}.")
    sums = {checksum(path, kind) for kind in KINDS}
    for entry in WEIGHTS.values():
        if entry.checksum in sums:
            folder = folders.writable_cache_folder("weights")
            try:
                with written_whole(folder / entry.name) as part:
                    shutil.copyfile(path, part)
            except OSError as error:
                raise InvalidValue(
                    f"weights {str(path)!r} cannot be copied to {str(folder)!r}: {error.strerror}."
                ) from error
            return entry
    same_name = WEIGHTS.get(path.name)
    hint = f" {path.name} must have {same_name.checksum}." if same_name else ""
    said = checksum(path, same_name.checksum.partition(":")[0] if same_name else "sha256")
    raise InvalidValue(
        f"weights {path.name!r} are none of the published files; {said or 'no archive of named arrays'}.{hint}"
    )


def _entry(name: str) -> Weights:
    if name not in WEIGHTS:
        raise unknown("weights", name, WEIGHTS)
    return WEIGHTS[name]


def _cached(entry: Weights) -> Path:
    return folders.cache_folder("weights") / entry.name


def _how_to_get(entry: Weights) -> str:
    if entry.source.conversion:
        return f"{entry.source.conversion} Then run: atelier weights import FILE."
    return f"Run: atelier weights fetch {entry.name}, or set {VARIABLE} to the folder that has it."


def _check(path: Path, entry: Weights, *, shown: str = "") -> None:
    kind = entry.checksum.partition(":")[0]
    got = checksum(path, kind) or "no archive of named arrays"
    if got != entry.checksum:
        heal = f" {_how_to_get(entry)}" if path == _cached(entry) else ""
        raise InvalidValue(
            f"weights {shown or str(path)!r} must have checksum {entry.checksum}; got {got}. "
            f"The file is truncated or is another one.{heal}"
        )


def _short(error: Exception) -> str:
    """What went wrong in the end: the network library wraps it in its own objects and the address, again."""
    said = str(error).partition("\n")[0].rpartition("): ")[2].removesuffix('"))')
    return said.rstrip(".") or type(error).__name__


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
