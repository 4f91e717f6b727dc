"""Check the scans of a JPEG file: libjpeg does not report a scan that is missing entirely."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SOF_SEQUENTIAL, _SOF_KINDS = (0xC0, 0xC1), frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SOF_LOSSLESS = (0xC3, 0xC7, 0xCB, 0xCF)
_SOS, _EOI, _APP0 = 0xDA, 0xD9, 0xE0
_STANDALONE = frozenset((0x01, *range(0xD0, 0xD9)))
# The next marker after the data of a scan; stuffed bytes, restart markers and fill bytes do not count as markers.
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_SUPERFLUOUS = re.compile(r"(\d+) extraneous bytes before marker 0xd9")
_COEFFICIENTS = 64


def segments(data: bytes | bytearray) -> Iterator[tuple[int, int, int]]:
    """The marker segments of the first picture in a JPEG file.

    Yields
    ------
    (int, int, int)
        Second byte of a segment's marker; start and end of the segment's content in `data`.
    """
    at = 2
    while True:
        at = data.find(b"\xff", at)
        while at >= 0 and data[at : at + 2] == b"\xff\xff":
            at += 1
        if at < 0 or at + 4 > len(data) or data[at + 1] == _EOI:
            return
        marker, at = data[at + 1], at + 2
        if marker == 0 or marker in _STANDALONE:
            continue
        end = at + int.from_bytes(data[at : at + 2], "big")
        yield marker, at + 2, end
        at = end
        if marker == _SOS:
            following = _AFTER_SCAN.search(data, at)
            if following is None:
                return
            at = following.start()


def missing_scan(data: bytes | bytearray) -> str:
    """A text that says which coefficients of the picture the scans lack; ``""`` if the scans are complete.

    A progressive file sends each coefficient in several scans with growing accuracy. If such a file was cut between
    two scans, the picture is blurred or lacks its colour.
    """
    lowest_bit: dict[int, list[int | None]] = {}
    for marker, start, end in segments(data):
        if marker in _SOF_LOSSLESS:
            return ""
        if marker in _SOF_KINDS:
            lowest_bit = {data[at]: [None] * _COEFFICIENTS for at in range(start + 6, end, 3)}
        elif marker == _SOS:
            first, last, bits = data[end - 3 : end]
            for at in range(start + 1, end - 3, 2):
                known = lowest_bit.get(data[at], [])
                known[first : last + 1] = [bits & 15] * len(known[first : last + 1])
    sent = [bit for known in lowest_bit.values() for bit in known]
    if None in sent:
        return f"{sent.count(None)} of {len(sent)} coefficients are missing"
    return "the last bits of the coefficients are missing" if any(sent) else ""


def without_trifles(data: bytes) -> bytes:
    """A copy of a JPEG file with two harmless values corrected, of which libjpeg would warn instead of real damage.

    libjpeg prints only the first of its warnings.

    The corrected values are the JFIF version, and the range of coefficients in a scan that has all coefficients anyway.
    """
    corrected, is_sequential = bytearray(data), False
    for marker, start, end in segments(data):
        is_sequential |= marker in _SOF_SEQUENTIAL
        if marker == _APP0 and data[start : start + 5] == b"JFIF\0":
            corrected[start + 5 : start + 6] = b"\1"
        elif marker == _SOS and is_sequential:
            corrected[end - 3 : end] = bytes((0, _COEFFICIENTS - 1, 0))
    return bytes(corrected)


def is_fill(data: bytes, warning: str) -> bool:
    """Whether libjpeg's warning is about fill bytes (0 or 255) after the last scan, which some cameras write."""
    told = _SUPERFLUOUS.search(warning)
    ends = [end for marker, _, end in segments(data) if marker == _SOS]
    following = _AFTER_SCAN.search(data, ends[-1]) if told and ends else None
    return bool(told and following and not data[: following.start()][-int(told[1]) :].strip(b"\0\xff"))
