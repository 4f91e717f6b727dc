"""The folder of portraits of the matting case: mirrored and shifted crops of a few portraits."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path

import numpy as np

from toolkit.core.errors import InvalidValue, invalid
from toolkit.images.encode import SUFFIXES
from toolkit.images.image import Image, load, save
from toolkit.images.photos import at_size, photo_file

_SAMPLE = "astronaut"
_SHIFT_PX = 16


class PortraitFolder:
    """A temporary folder of portraits, removed with this object.

    Attributes
    ----------
    path : Path
    said : str
        How the pictures were made, in a sentence.
    """

    def __init__(self, path: Path, said: str) -> None:
        self.path, self.said = path, said
        weakref.finalize(self, shutil.rmtree, path, ignore_errors=True)

    def __repr__(self) -> str:
        return self.said

    def _repr_markdown_(self) -> str:
        return f"*{self.said}*"


def portraits_in(folder: str) -> list[Path]:
    """The files of a folder's portraits, without their mattes; for ``""`` the file of the sample portrait.

    Raises
    ------
    InvalidValue
        The folder has no picture.
    """
    if not folder:
        return [photo_file(_SAMPLE)]
    files = sorted(file for file in Path(folder).expanduser().glob("*") if file.suffix.lower() in SUFFIXES)
    found = [file for file in files if "_alpha" not in file.stem]
    if not found:
        raise InvalidValue(f"portraits must be a folder with pictures; got {folder!r}.")
    return found


def portrait_folder(folder: str = "", *, count: int, width: int, height: int) -> PortraitFolder:
    """Make `count` JPEG portraits; each is a mirrored or shifted crop of a source portrait.

    Parameters
    ----------
    folder : str
        A folder of portraits; empty: the sample portrait of Eileen Collins.
    count : int
        At least 2.
    width, height : int
        Size of each crop, px; a portrait that is smaller is mirror-tiled.

    Raises
    ------
    InvalidValue
        The folder has no picture, or `count` is too small.
    """
    if count < 2:
        raise invalid("count", "portrait_folder", "at least 2", count)
    sources = [load(file) for file in portraits_in(folder)]
    path = Path(tempfile.mkdtemp(prefix="atelier-portraits-"))
    for number in range(count):
        save(
            _crop(sources[number % len(sources)], number // len(sources), width=width, height=height),
            path / f"{number:03d}.jpg",
        )
    said = (
        f"The {count} portraits of {width} x {height} px are mirrored and shifted crops of {len(sources)} "
        f"portrait{'s' * (len(sources) > 1)}{'' if folder else ', the sample photo of Eileen Collins'}."
    )
    return PortraitFolder(path, said)


def _crop(portrait: Image, turn: int, *, width: int, height: int) -> Image:
    mirrored = portrait[:, ::-1] if turn % 2 else portrait
    shifted = np.roll(mirrored, _SHIFT_PX * (turn // 2), axis=1)
    return at_size(np.ascontiguousarray(shifted), width, height)[0]
