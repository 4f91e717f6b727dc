"""Choose the folders of a notebook's batch: the user's pictures, or crops of the sample photos and a damaged file."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from toolkit.core.errors import InvalidValue, invalid
from toolkit.images.image import save
from toolkit.images.photos import DEFAULT_POOL, photo

_SUFFIXES = (".jpg", ".png", ".webp", ".bmp")
DAMAGED_NAME = "damaged.jpg"


@dataclass(frozen=True)
class BatchFolders:
    """The folder of a batch's pictures and the folder of its results.

    Attributes
    ----------
    source, out : Path
        Folders of the pictures and of the results. Temporary folders are deleted together with this object.
    is_made : bool
        Whether the pictures are crops of the sample photos, made for this batch.
    """

    source: Path
    out: Path
    is_made: bool

    def __str__(self) -> str:
        what = (
            f"crops of the sample photos, with {DAMAGED_NAME} among them"
            if self.is_made
            else str(self.source)
        )
        return f"Pictures: {what}. Results: {self.out}."

    __repr__ = __str__


def folders_of_batch(folder: str = "", out: str = "", *, pictures: int = 24) -> BatchFolders:
    """Choose the folder of a batch's pictures and the folder of its results.

    Parameters
    ----------
    folder : str
        A folder of pictures; empty: crops of the sample photos in several formats, and a damaged file.
    out : str
        Folder for the results; empty: a temporary folder.
    pictures : int
        Number of picture files to make if `folder` is empty, at least 2.

    Raises
    ------
    InvalidValue
        `folder` does not exist, or `pictures` is below 2.
    """
    source = Path(folder).expanduser()
    if folder and not source.is_dir():
        raise InvalidValue(f"folder must be a folder of pictures that exists; got {folder!r}.")
    if not folder and pictures < 2:
        raise invalid(
            "pictures", "folders_of_batch", "at least 2, because one picture is a damaged file", pictures
        )
    if folder and out:
        return BatchFolders(source, Path(out).expanduser(), is_made=False)
    temporary = Path(tempfile.mkdtemp(prefix="atelier-batch-"))
    results = Path(out).expanduser() if out else temporary / "results"
    folders = BatchFolders(source if folder else temporary / "pictures", results, is_made=not folder)
    weakref.finalize(folders, shutil.rmtree, temporary, ignore_errors=True)
    if not folder:
        folders.source.mkdir()
        _make_crops(folders.source, pictures)
    return folders


def _make_crops(folder: Path, count: int) -> None:
    """Write crops of sample photos that differ in content, size and format, and a JPEG file without its second half."""
    photos = [photo(name) for name in DEFAULT_POOL]
    for number, suffix in zip(range(count - 1), itertools.cycle(_SUFFIXES), strict=False):
        whole = photos[number % len(photos)]
        crop = whole[3 * (number % 30) : 380, 4 * (number % 30) : 500]
        save(np.ascontiguousarray(crop), folder / f"{number:03d}{suffix}")
    save(photos[0], folder / DAMAGED_NAME)
    content = (folder / DAMAGED_NAME).read_bytes()
    (folder / DAMAGED_NAME).write_bytes(content[: len(content) // 2])
