"""Find the picture files of a batch: in a folder with its sub-folders, by a pattern, or in a list."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from toolkit.core.errors import InvalidValue
from toolkit.images.encode import SUFFIXES

_PATTERN = "*?["


@dataclass(frozen=True)
class Found:
    """A picture file of a batch.

    Attributes
    ----------
    name : str
        Path of the picture below the given folder, or below the folder that holds all pictures of a list.
    path : Path
        Path of the picture file.
    state : str
        Size of the file and time of its last change; a later change of the file changes this text.
    """

    name: str
    path: Path
    state: str


def pictures_of(source: str | os.PathLike[str]) -> Iterator[Found]:
    """Yield the picture files of a batch one by one, so that a folder of any size takes little memory.

    Parameters
    ----------
    source : path
        A folder, which is read with its sub-folders; a pattern such as ``photos/*.jpg``; a picture file; or a text file
        ``.txt`` with one path a line.

    Raises
    ------
    InvalidValue
        `source` does not exist, or cannot be read.
    """
    text = os.fspath(source)
    path = Path(text)
    if path.is_dir():
        yield from _inside(path)
    elif path.suffix.lower() == ".txt" and path.is_file():
        yield from _listed(path)
    elif path.is_file():
        yield _found(path.name, path)
    elif any(sign in text for sign in _PATTERN):
        base = _base_of(text)
        for match in glob.iglob(text, recursive=True):
            file = Path(match)
            if file.suffix.lower() in SUFFIXES and file.is_file():
                yield _found(os.path.relpath(match, base), file)
    else:
        raise InvalidValue(
            f"IN must be a folder, a pattern, a picture file or a list (.txt); got {text!r}, which does not exist. "
            "Check the spelling and the folder."
        )


def root_of(source: str | os.PathLike[str]) -> Path | None:
    """The absolute path of `source` if it is a folder; None if it is a pattern, a picture file or a list."""
    path = Path(source)
    return path.resolve() if path.is_dir() else None


def state_of(path: Path) -> str:
    """Size and time of the last change of a file; ``""`` if the file does not exist."""
    try:
        facts = path.stat()
    except OSError:
        return ""
    return f"{facts.st_size}:{facts.st_mtime_ns}"


def _inside(top: Path) -> Iterator[Found]:
    """Files of a folder and its sub-folders; a linked folder is read once, so that a loop of links ends."""
    waiting, seen = [(top, "")], set[tuple[int, int]]()
    while waiting:
        folder, prefix = waiting.pop()
        try:
            facts = folder.stat()
            if (facts.st_dev, facts.st_ino) in seen:
                continue
            seen.add((facts.st_dev, facts.st_ino))
            with os.scandir(folder) as entries:
                inside = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            raise InvalidValue(f"folder {str(folder)!r} cannot be read ({error.strerror}).") from None
        for entry in inside:
            if _is_folder(entry):
                waiting.append((Path(entry.path), f"{prefix}{entry.name}/"))
            elif os.path.splitext(entry.name)[1].lower() in SUFFIXES:
                yield _found(f"{prefix}{entry.name}", Path(entry.path))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that points to itself counts as a picture, which cannot be read
        return False


def _listed(file: Path) -> Iterator[Found]:
    """The pictures of a list; their names are paths below the folder that contains all of them."""
    top = ""
    for path in _paths_in(file):
        folder = os.path.dirname(path)
        top = os.path.commonpath([top, folder]) if top else folder
    for path in _paths_in(file):
        yield _found(os.path.relpath(path, top), Path(path))


def _paths_in(file: Path) -> Iterator[str]:
    try:
        with file.open(encoding="utf-8", errors="surrogateescape") as lines:
            for line in lines:
                if name := line.rstrip("\r\n"):
                    yield os.path.abspath(file.parent / name)
    except OSError as error:
        raise InvalidValue(f"list {str(file)!r} cannot be read ({error.strerror}).") from None


def _found(name: str, path: Path) -> Found:
    return Found(name, path, state_of(path))


def _base_of(pattern: str) -> str:
    """The folders of a pattern before the pattern's first wildcard."""
    parts = Path(pattern).parts
    plain = [part for part in parts if not any(sign in part for sign in _PATTERN)]
    count = next((i for i, part in enumerate(parts) if any(sign in part for sign in _PATTERN)), len(plain))
    return os.path.join(*parts[:count]) if count else "."
