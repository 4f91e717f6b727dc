"""The folder of portraits of the matting case: mirrored and shifted crops of a few portraits."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path

import numpy as np

from toolkit.core import units
from toolkit.core.errors import InvalidValue, invalid
from toolkit.images.encode import SUFFIXES
from toolkit.images.image import load, save
from toolkit.images.photos import photo_file
from toolkit.studies.cases.photos_of_case import covering

_SAMPLE = "astronaut"
_SHIFT_PX = 8


class PortraitFolder:
    """A temporary folder of portraits, which is removed when this Python object is deleted.

    Attributes
    ----------
    path : Path
        The folder with the portraits.
    said : str
        A sentence that says how the portraits were made.
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
        A folder of source portraits; if empty, the source is the sample portrait of Eileen Collins.
    count : int
        Number of portraits, at least 2.
    width, height : int
        Size of each crop, px; a portrait is first resized until it covers this size.

    Raises
    ------
    InvalidValue
        The folder has no picture, or `count` is too small.
    """
    if count < 2:
        raise invalid("count", "portrait_folder", "at least 2", count)
    sources = [load(file) for file in portraits_in(folder)]
    path = Path(tempfile.mkdtemp(prefix="atelier-portraits-"))
    most_px = _SHIFT_PX * ((count - 1) // len(sources) // 2)
    for number in range(count):
        turn = number // len(sources)
        source = sources[number % len(sources)]
        large = covering(source[:, ::-1] if turn % 2 else source, width=width + most_px, height=height)
        left = _SHIFT_PX * (turn // 2)
        save(np.ascontiguousarray(large[:, left : left + width]), path / f"{number:03d}.jpg")
    said = (
        f"The {count} portraits of {width} x {height} px are mirrored and shifted crops of "
        f"{units.counted(len(sources), 'portrait')}{'' if folder else ', the sample photo of Eileen Collins'}, "
        "resized to this size."
    )
    return PortraitFolder(path, said)
