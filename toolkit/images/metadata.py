"""EXIF data and colour profile of a picture file, and the part of them to write into the file of a result."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL.Image import Image as PillowImage

_ORIENTATION, _UPRIGHT = 0x0112, 1
_EXIF_FOLDER, _GPS_FOLDER = 0x8769, 0x8825
# EXIF tags that describe the photo: description, maker, model, resolution (three tags), software, date, artist, host,
# rating, copyright and, as Windows writes them, title, comment, author, keywords and subject. All other tags describe
# how a file stores the photo, and do not hold for a new file.
_DESCRIBING = (
    270,
    271,
    272,
    282,
    283,
    296,
    305,
    306,
    315,
    316,
    18246,
    33432,
    40091,
    40092,
    40093,
    40094,
    40095,
)
_STORED_SIZE = (0xA002, 0xA003)  # EXIF tags for width and height of the old file, px
_MAKER_NOTE = 0x927C
_LARGEST_BYTES = 65_000
"""Largest EXIF data that are written, bytes: a JPEG file holds EXIF data in one segment of at most 65 533 bytes."""

# Bytes of the colour space and of the date in the header of an ICC profile.
_PROFILE_SPACE, _PROFILE_DATE = slice(16, 20), slice(24, 36)


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """EXIF data and colour profile, which are written into a picture file beside the pixels.

    Attributes
    ----------
    exif : bytes
        EXIF data, with the prefix of six bytes that a JPEG file has; empty if there are no EXIF data.
    icc : bytes
        The ICC profile of the colours; empty if there is no profile.
    """

    exif: bytes = b""
    icc: bytes = b""


NO_METADATA = Metadata()


def exif_to_keep(picture: PillowImage) -> bytes:
    """The part of a file's EXIF data to write into a new, upright picture; empty if the file has no EXIF data.

    The orientation tag is set to upright; the thumbnail and all tags that describe the old file are left out.

    Raises
    ------
    Exception
        The EXIF data are damaged; Pillow's EXIF parser raises errors of many classes.
    """
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found, kept = picture.getexif(), Image.Exif()
        if not found and picture.info.get("exif"):
            raise ValueError("no EXIF entry can be read")
        for tag in _DESCRIBING:
            if tag in found:
                kept[tag] = found[tag]
        for folder in (_EXIF_FOLDER, _GPS_FOLDER):
            entries: dict[int, Any] = {
                tag: value for tag, value in found.get_ifd(folder).items() if tag not in _STORED_SIZE
            }
            if entries:
                kept.get_ifd(folder).update(entries)
                kept[folder] = entries
        if not kept:
            return b""
        kept[_ORIENTATION] = _UPRIGHT
        return _short_enough(kept)


def _short_enough(exif: Any) -> bytes:
    """The EXIF data as bytes; if too long for a JPEG file, without the maker's note; if still too long, empty."""
    written: bytes = exif.tobytes()
    if len(written) > _LARGEST_BYTES and _MAKER_NOTE in exif.get(_EXIF_FOLDER, {}):
        del exif[_EXIF_FOLDER][_MAKER_NOTE]
        written = exif.tobytes()
    return written if len(written) <= _LARGEST_BYTES else b""


def icc_to_keep(icc: bytes, *, is_converted: bool) -> bytes:
    """The ICC profile to write for colours that were decoded to sRGB from a file with the profile `icc`.

    Parameters
    ----------
    is_converted : bool
        Whether `icc` is another profile than sRGB, so that the colours were converted.
    """
    return icc if icc[_PROFILE_SPACE] == b"RGB " and not is_converted else srgb_profile()


@cache
def srgb_profile() -> bytes:
    """The ICC profile of sRGB; the profile has no date, so that equal pictures give equal files."""
    from PIL import ImageCms

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[_PROFILE_DATE] = bytes(12)
    return bytes(profile)


def upright(pixels: npt.NDArray[Any], orientation: int) -> Any:
    """The picture turned and mirrored as its EXIF orientation (EXIF 3.0, tag 274) demands."""
    import cv2

    if orientation in (5, 7):
        pixels = cv2.transpose(pixels)
    if orientation in (2, 4, 7):
        pixels = cv2.flip(pixels, {2: 1, 4: 0, 7: -1}[orientation])
    turns = {3: cv2.ROTATE_180, 6: cv2.ROTATE_90_CLOCKWISE, 8: cv2.ROTATE_90_COUNTERCLOCKWISE}
    return cv2.rotate(pixels, turns[orientation]) if orientation in turns else pixels
