"""Check the chunks of a PNG file: Pillow does not report pixel data that ends early or fails its checksum."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from toolkit.images.decoders.inflated import inflated_bytes

_SIGNATURE_BYTES = 8
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Interlacing (Adam7): first column, first row, step between columns, step between rows of each pass.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_WHOLE = ((0, 0, 1, 1),)


def chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield the name and the content of each chunk of a PNG file.

    Raises
    ------
    ValueError
        The file ends within a chunk or before the last chunk, or the checksum of a chunk that pixels need is wrong.
    """
    at, view = _SIGNATURE_BYTES, memoryview(data)
    while True:
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(data):
            raise ValueError("the file ends early")
        needed = name[:1].isupper() or name == b"tRNS"
        if needed and zlib.crc32(view[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            raise ValueError(f"the checksum of the chunk {name.decode('latin-1')} is wrong")
        yield name, view[at + 8 : end - 4]
        if name == b"IEND":
            return
        at = end


def check_pixels(data: bytes) -> None:
    """Raise an error unless a PNG file holds all rows of its picture.

    Raises
    ------
    ValueError, zlib.error
        The pixel data ends early or fails its checksum.
    """
    found = list(chunks(data))
    wanted = _bytes_of(bytes(next(content for name, content in found if name == b"IHDR")))
    held = inflated_bytes((content for name, content in found if name == b"IDAT"), wanted)
    if held < wanted:
        raise ValueError(f"the pixel data ends early: the file has {held / wanted:.0%} of the rows")


def _bytes_of(header: bytes) -> int:
    """Number of bytes of all decompressed rows; each row has one additional byte that names its filter."""
    width, height = (int.from_bytes(header[at : at + 4], "big") for at in (0, 4))
    bits = header[8] * _CHANNELS.get(header[9], 1)
    total = 0
    for left, top, across, down in _PASSES if header[12] else _WHOLE:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + -(-columns * bits // 8))
    return total
