"""Read the tags of a TIFF file: find the page that is the picture, and check whether its samples are supported."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any, Literal

_SUBFILE, _OLD_SUBFILE, _BITS, _PHOTOMETRIC, _PLANES, _COLOURS = 254, 255, 258, 262, 284, 320
_SUBFILES, _EXTRA, _SAMPLES, _DNG = 330, 338, 339, 50706
_REDUCED, _MASK = 1, 4
_OLD_REDUCED = 2
_MOST_PAGES = 10_000

WHITE_IS_ZERO, _PALETTE = 0, 3


@dataclass(frozen=True)
class Page:
    """The page of a TIFF file that holds the picture.

    Attributes
    ----------
    start : int
        Offset of the page's tags in the file, bytes.
    others : int
        Number of other pages that are full pictures.
    is_deep : bool
        Whether the samples of the page have 16 bits.
    photometric : int
        Number for the meaning of the samples (grey, RGB, ...), as in the TIFF standard.
    uncovered : str
        The property of the page that is not supported, as a text; ``""`` if the page is supported.
    palette : bytes
        The colours of the picture's palette, red, green and blue, 8 bits each; empty if it has no palette.
    tags : mapping
        The value or values of each tag, by the number of the tag.
    """

    start: int
    others: int
    is_deep: bool
    photometric: int
    uncovered: str
    palette: bytes
    tags: Mapping[int, Any]


def picture_page(file: IO[bytes]) -> Page:
    """The one full picture of a TIFF file; thumbnails and masks (tag NewSubfileType) are left out.

    Raises
    ------
    ValueError
        All pages are thumbnails or masks, as in a camera's raw file, which does not store its picture as a page.
    """
    file.seek(0)
    if file.read(4) == b"MM\0+":  # Pillow reads big-endian BigTIFF as ordinary TIFF
        return Page(0, 0, False, 0, "a big-endian BigTIFF file", b"", {})
    pages = _pages(file)
    full = [page for page in pages if _is_full(page[1])]
    if not full and (len(pages) != 1 or _SUBFILES in pages[0][1] or _DNG in pages[0][1]):
        raise ValueError("the file holds thumbnails only, as a camera's raw file does")
    start, tags = (full or pages)[0]
    photometric = _numbers(tags, _PHOTOMETRIC)[0]
    is_deep = max(_numbers(tags, _BITS)) == 16
    palette = _palette(tags) if photometric == _PALETTE else b""
    return Page(start, max(0, len(full) - 1), is_deep, photometric, _uncovered(tags), palette, tags)


def _is_full(tags: Any) -> bool:
    """Whether a page is neither a thumbnail nor a mask, by the tag NewSubfileType or the older tag SubfileType."""
    kind, old_kind = _numbers(tags, _SUBFILE)[0], _numbers(tags, _OLD_SUBFILE)[0]
    return not kind & (_REDUCED | _MASK) and old_kind != _OLD_REDUCED


def beginning_at(file: IO[bytes], start: int) -> IO[bytes]:
    """A copy of a TIFF file whose first page is the page at `start`; the file itself if that page is first already."""
    file.seek(0)
    head = file.read(16)
    order: Literal["little", "big"] = "little" if head.startswith(b"II") else "big"
    place = slice(8, 16) if b"+" in head[:4] else slice(4, 8)
    if int.from_bytes(head[place], order) == start:
        return file
    file.seek(0)
    data = bytearray(file.read())
    data[place] = start.to_bytes(place.stop - place.start, order)
    return io.BytesIO(data)


def _pages(file: IO[bytes]) -> list[tuple[int, Any]]:
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    file.seek(0)
    head = file.read(16)
    tags = ImageFileDirectory_v2(head if b"+" in head[:4] else head[:8])
    pages: list[tuple[int, Any]] = []
    seen: set[int] = set()
    following = tags.next
    while following and following not in seen and len(pages) < _MOST_PAGES:
        seen.add(following)
        tags = ImageFileDirectory_v2(head if b"+" in head[:4] else head[:8])
        file.seek(following)
        tags.load(file)
        pages.append((following, tags))
        following = tags.next
    return pages


def _uncovered(tags: Any) -> str:
    bits, samples = max(_numbers(tags, _BITS)), max(_numbers(tags, _SAMPLES))
    if samples in (2, 3) or bits not in (1, 2, 4, 8, 16):
        number = {2: "signed integer", 3: "floating-point"}.get(samples, "unsigned integer")
        return f"a TIFF file of {bits}-bit {number} samples"
    # OpenCV mixes up separate planes, keeps premultiplied alpha, and does not read 16-bit CMYK.
    odd_16_bit = (
        _numbers(tags, _PLANES) != (1,) or 1 in _numbers(tags, _EXTRA) or _numbers(tags, _PHOTOMETRIC)[0] > 2
    )
    if bits == 16 and odd_16_bit:
        return "a 16-bit TIFF file that is CMYK, planar or premultiplied"
    return ""


def _palette(tags: Any) -> bytes:
    """The colours of the palette, 8 bits each; some scanners write 8-bit values where the standard has 16 bits."""
    values = _numbers(tags, _COLOURS)
    shift = 8 if max(values) > 255 else 0
    count = len(values) // 3
    return bytes(values[channel * count + n] >> shift for n in range(count) for channel in range(3))


def _numbers(tags: Any, tag: int) -> tuple[int, ...]:
    """The values of a TIFF tag; a missing tag has its default value in the TIFF standard, 1 or 0."""
    value = tags.get(tag, 0 if tag in (_EXTRA, _SUBFILE) else 1)
    return tuple(int(v) for v in value) if isinstance(value, tuple) else (int(value),)
