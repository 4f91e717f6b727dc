"""Check the strips or tiles of a TIFF file: decoders do not report every missing, short or damaged strip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from toolkit.images.decoders.inflated import inflated_bytes

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES, _PLANES = 256, 257, 258, 259, 262, 277, 284
_STRIP_STARTS, _STRIP_LENGTHS, _STRIP_ROWS = 273, 279, 278
_TILE_STARTS, _TILE_LENGTHS, _TILE_WIDTH, _TILE_ROWS = 324, 325, 322, 323
_RAW, _DEFLATE = 1, (8, 32946)
_YCBCR = 6


def check_strips(data: bytes, tags: Mapping[int, Any]) -> None:
    """Raise an error unless a TIFF file holds all strips or tiles of a page in their full length.

    Parameters
    ----------
    data : bytes
        The content of the TIFF file.
    tags : mapping
        The value or values of each tag of the page, by the number of the tag.

    Raises
    ------
    ValueError, zlib.error
        A strip is missing, ends early, or fails its checksum.
    """
    compression = tags.get(_COMPRESSION, _RAW)
    view = memoryview(data)
    for number, (start, length, wanted) in enumerate(_strips(tags), 1):
        if length == 0 or start + length > len(data):
            raise ValueError(f"strip {number} is not in the file")
        if compression in _DEFLATE:
            length = inflated_bytes([view[start : start + length]], wanted)
        if compression in (_RAW, *_DEFLATE) and tags.get(_PHOTOMETRIC) != _YCBCR and length < wanted:
            raise ValueError(f"strip {number} ends early")


def _strips(tags: Mapping[int, Any]) -> Iterator[tuple[int, int, int]]:
    """Yield the start, the length and the smallest decompressed size of each strip or tile, in bytes."""
    width, height = int(tags[_WIDTH]), int(tags[_HEIGHT])
    bits = _numbers(tags.get(_BITS, 1))
    samples = int(tags.get(_SAMPLES, len(bits)))
    is_tiled = _TILE_STARTS in tags
    rows = int(tags[_TILE_ROWS]) if is_tiled else min(int(tags.get(_STRIP_ROWS, height)), height)
    columns = int(tags[_TILE_WIDTH]) if is_tiled else width
    down, across = -(-height // rows), -(-width // columns)
    planes = samples if tags.get(_PLANES, 1) == 2 else 1
    starts = _numbers(tags[_TILE_STARTS if is_tiled else _STRIP_STARTS])
    lengths = _numbers(tags[_TILE_LENGTHS if is_tiled else _STRIP_LENGTHS])
    if min(len(starts), len(lengths)) < down * across * planes:
        have, need = min(len(starts), len(lengths)), down * across * planes
        raise ValueError(f"the tags list {have} of {need} strips")
    row_bytes = -(-columns * bits[0] * (samples if planes == 1 else 1) // 8)
    for number in range(down * across * planes):
        here = number // across % down
        held = rows if is_tiled else min(rows, height - here * rows)
        yield starts[number], lengths[number], held * row_bytes


def _numbers(value: Any) -> tuple[int, ...]:
    return tuple(map(int, value)) if isinstance(value, tuple) else (int(value),)
