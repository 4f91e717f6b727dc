"""The photos of a tuner: its first photo, the samples, the user's own photos, and uploaded photos."""

from __future__ import annotations

import hashlib
import re
import tempfile
from pathlib import Path

from toolkit.core.errors import InvalidValue
from toolkit.core.files import write_whole
from toolkit.core.folders import made_home
from toolkit.images import photos
from toolkit.images.encode import SUFFIXES
from toolkit.images.image import Image, check, load

MOST_PX = 100_000_000
"""Largest photo of a tuner, in pixels: the processes keep three copies of the photo and of each result."""

MOST_BYTES = 1_000_000_000
_KEPT = 2


class Photos:
    """Photos by name, read when they are first used; the latest photos stay in memory.

    Parameters
    ----------
    name : str
        Name of the first photo.
    image : Image
        The first photo, which may have no file.
    """

    def __init__(self, name: str, image: Image) -> None:
        self._first = name
        self._own, self._kept = {name: _small_enough(image, name)}, dict[str, Image]()

    def __getitem__(self, name: str) -> Image:
        if name in self._own:
            return self._own[name]
        if name not in self._kept:
            image = _small_enough(check(photos.photo(name), "tuner"), name)
            self._kept = dict([*self._kept.items(), (name, image)][-_KEPT:])
        return self._kept[name]

    def names(self) -> list[str]:
        """The names of the photos that a user may choose from; the tuner's first photo stands first."""
        return list(dict.fromkeys([self._first, *photos.names()]))


def _small_enough(image: Image, name: str) -> Image:
    height, width = image.shape[:2]
    if height * width > MOST_PX:
        constraint = f"at most {MOST_PX / 1e6:.0f} MP"
        got = f"{name}, which is {width} x {height} px ({height * width / 1e6:.0f} MP)"
        raise InvalidValue(f"'photo' of a tuner must be {constraint}; got {got}. Shrink the photo first.")
    return image


class Upload:
    """A file that arrives in pieces, because Jupyter drops a large message without an error.

    Parameters
    ----------
    name : str
        The name that the user's browser gives; only its last part is used.
    size_bytes : int
        Size of the whole file, bytes.
    """

    def __init__(self, name: str, size_bytes: int) -> None:
        if not 0 < size_bytes <= MOST_BYTES:
            constraint = f"1 byte to {MOST_BYTES / 1e6:.0f} MB"
            raise InvalidValue(
                f"an uploaded picture must have {constraint}; got {name!r} of {size_bytes} bytes."
            )
        self.name, self._size_bytes, self._data = safe_name(name), size_bytes, bytearray()

    @property
    def is_complete(self) -> bool:
        """Whether every piece of the file has arrived."""
        return len(self._data) >= self._size_bytes

    def add(self, at: int, piece: bytes) -> None:
        """Add the piece that begins at byte `at`."""
        if at != len(self._data):
            raise InvalidValue(f"the upload of {self.name} was interrupted; drop the picture again.")
        self._data += piece

    def keep(self) -> str:
        """Decode the picture and write it to ``data/images``; returns the name by which ``tk.photo`` finds it.

        Raises
        ------
        InvalidValue
            The file is not a complete picture of a known format, or too large.
        """
        data = bytes(self._data)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, self.name)
            path.write_bytes(data)
            try:
                _small_enough(load(path), self.name)
            except InvalidValue as error:
                raise InvalidValue(str(error).replace(str(path), self.name)) from None
        target = made_home() / "data" / "images" / self.name
        if target.exists() and target.read_bytes() != data:
            target = target.with_stem(f"{target.stem}-{hashlib.sha256(data).hexdigest()[:8]}")
        if not target.exists():
            write_whole(target, data)
        return target.name


def safe_name(name: str) -> str:
    """A file name without folders and special characters, with the suffix of a picture.

    >>> safe_name("../my photo?.PNG"), safe_name(".."), safe_name("shot.heic"), safe_name("coffee")
    ('my photo_.PNG', 'upload.png', 'shot.heic.png', 'coffee.png')
    """
    last = re.sub(r"[^\w.\- ]", "_", re.split(r"[/\\]", name)[-1]).strip(". ") or "upload"
    return last[-80:] if Path(last).suffix.lower() in SUFFIXES else f"{last[-80:]}.png"
