"""Count the bytes of zlib-compressed pixel data and verify their checksum, without keeping the bytes."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

_AT_A_TIME = 1 << 20  # number of bytes that are decompressed at a time
_MOST_SURPLUS = 4  # factor by which a stream may exceed the wanted number of bytes


def inflated_bytes(parts: Iterable[memoryview], wanted: int) -> int:
    """The number of decompressed bytes of a zlib stream that is cut into parts.

    Parameters
    ----------
    wanted : int
        Number of bytes that the pixels need; a stream may hold more bytes.

    Raises
    ------
    ValueError, zlib.error
        The compressed data is damaged, or gives more than `wanted` bytes and does not end as a zlib stream must end.
        (A complete stream without its checksum is accepted.)

    Examples
    --------
    >>> inflated_bytes([memoryview(zlib.compress(b"pixels"))], 6)
    6
    """
    inflate, found = zlib.decompressobj(), 0
    for part in parts:
        rest: bytes | memoryview = part
        while rest and not inflate.eof and found <= _MOST_SURPLUS * wanted + _AT_A_TIME:
            found += len(inflate.decompress(rest, _AT_A_TIME))
            rest = inflate.unconsumed_tail
    if found > wanted and not inflate.eof:
        raise ValueError("the compressed data has no end")
    return found
