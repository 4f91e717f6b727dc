"""Photos on which operations are measured: sample photos and the user's own, cropped or mirror-tiled to a size.

The sample photos are files in the package scikit-image, which is not imported: no network connection is needed.
"""

from __future__ import annotations

import importlib.util
import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from toolkit.core.errors import InvalidValue, Unavailable, invalid, unknown
from toolkit.core.folders import home
from toolkit.images.encode import SUFFIXES
from toolkit.images.image import Image, load


@dataclass(frozen=True)
class Sample:
    """One of the sample photos that the package scikit-image contains.

    Attributes
    ----------
    file : str
        Name of the file in the folder ``skimage/data``.
    about : str
        Description of what the photo shows.
    credit : str
        Source and licence of the photo, as scikit-image states them.
    """

    file: str
    about: str
    credit: str


SAMPLES: dict[str, Sample] = {
    "astronaut": Sample("astronaut.png", "portrait of Eileen Collins, 512 x 512", "NASA, public domain"),
    "chelsea": Sample("chelsea.png", "a cat, fine fur, 451 x 300", "Stéfan van der Walt, CC0"),
    "coffee": Sample("coffee.png", "cup on a wooden table, 600 x 400", "Rachel Michetti, CC0"),
    "hubble": Sample("hubble_deep_field.jpg", "galaxies on black, 1000 x 872", "NASA, public domain"),
    "ihc": Sample("ihc.png", "stained tissue, 512 x 512", "CMMI, no known copyright restrictions"),
    "retina": Sample("retina.jpg", "human retina, 1411 x 1411", "Mikael Häggström, CC0"),
    "rocket": Sample("rocket.jpg", "rocket at dusk, 640 x 427", "SpaceX, public domain"),
}

DEFAULT_POOL: tuple[str, ...] = ("astronaut", "coffee")
"""Photos between which the calls of a measurement alternate by default: a face and a fine texture.

For each further photo, one more float64 reference output must be computed at every measured picture size.
"""

MAX_MEGAPIXELS = 400.0
"""Largest size that `size_for` and `at_size` return, MP (1.2 GB as BGR)."""


def names() -> list[str]:
    """The names that `photo` accepts: the samples, then the files in ``data/images``.

    >>> {"astronaut", "coffee"} <= set(names())
    True
    """
    return [*SAMPLES, *(file.name for file in _own_files())]


def photo(name_or_path: str | os.PathLike[str]) -> Image:
    """A photo in its original size.

    Parameters
    ----------
    name_or_path : str or path
        The name of a sample, the path of a file, or the name of a file in ``data/images``, whose suffix may be
        omitted if no other file has that name. `name_or_path` is tried as the name of a sample photo, as a path, then
        as a name in ``data/images``; a path without a folder means a file in the current folder.

    Returns
    -------
    Image
        The photo, uint8 BGR, shape (height, width, 3).

    Raises
    ------
    UnknownName
        `name_or_path` is neither the name of a photo nor a path.
    InvalidValue
        `toolkit.images.image.load` refuses the file.
    Unavailable
        The package scikit-image is not installed, or does not contain the sample photo.
    """
    return load(photo_file(name_or_path))


def photo_file(name_or_path: str | os.PathLike[str]) -> Path:
    """The path of the file that `photo` reads; a given path is not checked.

    Raises
    ------
    UnknownName
        `name_or_path` is neither the name of a photo nor a path.
    Unavailable
        The package scikit-image is not installed, or does not contain the sample photo.
    """
    if isinstance(name_or_path, os.PathLike):
        return Path(name_or_path)
    if not isinstance(name_or_path, str):
        raise invalid("image", "photo", "a name or a path", name_or_path)
    if name_or_path in SAMPLES:
        return _sample_file(name_or_path)
    if os.path.isfile(name_or_path):
        return Path(name_or_path)
    own = _own_files()
    stems = [file for file in own if file.stem == name_or_path]
    found = [file for file in own if file.name == name_or_path] or (stems if len(stems) == 1 else [])
    if found:
        return found[0]
    path = Path(name_or_path)
    if len(path.parts) > 1 or path.suffix.lower() in SUFFIXES or os.path.lexists(path):
        return path
    raise unknown("image", name_or_path, [*names(), "a path"])


def mattes_beside(photo: Path) -> list[Path]:
    """The files ``NAME_alpha*.png`` beside a photo; if there is exactly one, it is the photo's true matte."""
    return sorted(file for file in photo.parent.glob("*.png") if file.name.startswith(f"{photo.stem}_alpha"))


def at_size(image: Image, width: int, height: int) -> tuple[Image, str]:
    """The photo cropped or mirror-tiled to exactly `width` x `height` px, without resampling.

    Parameters
    ----------
    image : Image
        The photo, uint8, shape (any height, any width, channels).
    width, height : int
        Wanted size of the photo, px.

    Returns
    -------
    Image
        The result, shape (height, width, channels): the centre of the photo along an axis that is long enough; along an
        axis that is too short, the photo and its mirror image alternate. The photo is not scaled, so that fine detail
        and noise stay as the camera recorded them.
    str
        ``""`` for an unchanged photo, ``"cropped"``, or ``"mirror-tiled"`` (along at least one axis).

    Raises
    ------
    InvalidValue
        Width or height is not a positive whole number, or the size exceeds `MAX_MEGAPIXELS`.

    Examples
    --------
    >>> at_size(np.arange(6, dtype=np.uint8).reshape(1, 2, 3), 5, 1)[0][0, :, 0].tolist()
    [0, 3, 3, 0, 0]
    """
    for name, value in (("width", width), ("height", height)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise invalid(name, "a photo's size", "a whole number of pixels, 1 or more", value)
    if int(width) * int(height) > MAX_MEGAPIXELS * 1e6:
        constraint = f"at most {MAX_MEGAPIXELS:g} MP"
        raise invalid("width x height", "a photo's size", constraint, f"{width} x {height}")
    if image.shape[:2] == (height, width):
        return image, ""
    top, left = (max(0, (image.shape[0] - height) // 2), max(0, (image.shape[1] - width) // 2))
    image = image[top : top + height, left : left + width]
    note = "cropped"
    # Columns are added before rows, because columns are copied pixel by pixel and rows as a whole.
    for axis, wanted in ((1, width), (0, height)):
        available = image.shape[axis]
        if available < wanted:
            forth_and_back = np.pad(np.arange(available), (0, wanted - available), mode="symmetric")
            image, note = np.take(image, forth_and_back, axis=axis), "mirror-tiled"
    return np.ascontiguousarray(image), note


def size_for(megapixels: float, aspect: float = 4 / 3) -> tuple[int, int]:
    """Width and height, px, both even, of a photo with about `megapixels` megapixels and the aspect ratio `aspect`.

    The height of the photo is the even number nearest to ``sqrt(pixels / aspect)``, the width the even number nearest
    to ``height * aspect``: for the megapixels of a common camera, the result is the size of its photos.

    Parameters
    ----------
    megapixels : float
        Wanted size in millions of pixels, above 0, at most `MAX_MEGAPIXELS`.
    aspect : float
        Width divided by height, 0.01 to 100.

    Raises
    ------
    InvalidValue
        `megapixels` or `aspect` is outside its bounds.

    Examples
    --------
    >>> size_for(12.2), size_for(6.75), size_for(24), size_for(0.5)
    ((4032, 3024), (3000, 2250), (5656, 4242), (816, 612))
    """
    if not 0 < megapixels <= MAX_MEGAPIXELS:
        constraint = f"a number above 0, at most {MAX_MEGAPIXELS:g}"
        raise invalid("megapixels", "a photo's size", constraint, megapixels)
    if not 0.01 <= aspect <= 100:
        raise invalid("aspect", "a photo's size", "a number in [0.01, 100]", aspect, "4/3 is the default.")
    height = _even(math.sqrt(megapixels * 1e6 / aspect))
    return _even(height * aspect), height


def _even(length: float) -> int:
    return max(2, 2 * round(length / 2))


def _sample_file(name: str) -> Path:
    spec = importlib.util.find_spec("skimage")
    folders = spec.submodule_search_locations if spec else None
    file = Path(folders[0], "data", SAMPLES[name].file) if folders else None
    if file is None or not file.is_file():
        raise Unavailable(f"The sample photo {name!r} is not installed. Run: pip install scikit-image")
    return file


def _own_files() -> list[Path]:
    """Picture files in the folder ``data/images``; empty if the folder does not exist."""
    try:
        folder = home() / "data" / "images"
    except InvalidValue:
        return []
    if not folder.is_dir():
        return []
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES and file.is_file())
