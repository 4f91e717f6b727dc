"""Check the strips or tiles of a TIFF file: decoders are silent about some that are missing, short or damaged."""

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
    """Raise an error unless all strips or tiles of a page are in the file, as long as they must be.

    Parameters
    ----------
    data : bytes
        The file.
    tags : mapping
        Number of each tag of the page to its value or values.

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
    """Start and length of each strip or tile, and how many bytes it has at least when decompressed."""
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
        raise ValueError(f"{min(len(starts), len(lengths))} of {down * across * planes} strips")
    row_bytes = -(-columns * bits[0] * (samples if planes == 1 else 1) // 8)
    for number in range(down * across * planes):
        here = number // across % down
        held = rows if is_tiled else min(rows, height - here * rows)
        yield starts[number], lengths[number], held * row_bytes


def _numbers(value: Any) -> tuple[int, ...]:
    return tuple(map(int, value)) if isinstance(value, tuple) else (int(value),)
