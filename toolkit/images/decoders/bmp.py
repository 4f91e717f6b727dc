"""Decode BMP files with every header and bit depth of Windows and OS/2; Pillow and OpenCV each fail on some of them.

"Bitmap Storage" in the Windows documentation, and [MS-WMF] 2.2.2, describe the variants of BMP. Jason Summers' bmpsuite
has an example file of each variant.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.images.decoders import Uncovered

Pixels = npt.NDArray[np.uint8]

_FILE_HEADER, _CORE, _INFO, _WITH_MASKS, _WITH_ALPHA, _V5 = 14, 12, 40, 52, 56, 124
_RGB, _RLE8, _RLE4, _BITFIELDS, _ALPHA_BITFIELDS = 0, 1, 2, 3, 6
_DEPTHS = {
    _RGB: (1, 2, 4, 8, 16, 24, 32),
    _RLE8: (8,),
    _RLE4: (4,),
    _BITFIELDS: (16, 32),
    _ALPHA_BITFIELDS: (16, 32),
}
_USUAL_MASKS = {16: (0x7C00, 0x3E0, 0x1F, 0), 32: (0xFF0000, 0xFF00, 0xFF, 0)}
_EMBEDDED = b"DEBM"  # value of the header's colour space: the ICC profile is embedded in the file


@dataclass(frozen=True)
class Header:
    """The fields of the headers of a BMP file.

    Attributes
    ----------
    width, height : int
        Size of the picture, px.
    depth : int
        Number of bits of each pixel.
    compression : int
        Number of the compression method, as in the Windows documentation.
    start : int
        Offset of the pixels in the file, bytes.
    is_top_down : bool
        Whether the first row in the file is the uppermost row of the picture.
    masks : (int, int, int, int)
        Bit masks of red, green, blue and alpha in a pixel of 16 or 32 bits.
    palette : ndarray of uint8, shape (entries, 3)
        Colours in the order BGR; empty if a pixel has more than 8 bits.
    profile : bytes
        The ICC profile; empty if the file has none.
    """

    width: int
    height: int
    depth: int
    compression: int
    start: int
    is_top_down: bool
    masks: tuple[int, int, int, int]
    palette: Pixels
    profile: bytes


def header_of(data: bytes) -> Header:
    """Read the headers and the palette of a BMP file.

    Raises
    ------
    ValueError, struct.error
        The file ends within its headers, or the headers contradict each other.
    Uncovered
        The pixels are stored in a way that is not supported, such as JPEG within BMP.
    """
    start, size = struct.unpack_from("<II", data, 10)
    if len(data) < _FILE_HEADER + size:
        raise ValueError("the file ends within its header")
    compression, used, masks = _RGB, 0, (0, 0, 0, 0)
    if size == _CORE:
        width, height, _, depth = struct.unpack_from("<HHHH", data, 18)
    elif size >= _INFO or size in (16, 20, 24, 28, 32, 36):  # OS/2 2.x may write a shortened header
        whole = data[_FILE_HEADER : _FILE_HEADER + size].ljust(_V5, b"\0")
        width, height, _, depth, compression = struct.unpack_from("<iiHHI", whole, 4)
        (used,) = struct.unpack_from("<I", whole, 32)
        masks = _masks(data, size, depth, compression)
    else:
        raise ValueError(f"the header has {size} bytes, which is not the size of any BMP header")
    if width <= 0 or height == 0:
        raise ValueError(f"the header gives a size of {width} x {height} px")
    if depth not in _DEPTHS.get(compression, ()):
        raise Uncovered(f"a BMP file of {depth} bits a pixel with compression {compression}")
    return Header(
        width,
        abs(height),
        depth,
        compression,
        start,
        height < 0,
        masks,
        _palette(data, size, start, depth=depth, compression=compression, used=used),
        _profile(data, size),
    )


def pixels_of(data: bytes, header: Header) -> Pixels:
    """The picture as BGR or BGRA, (H, W, 3 | 4).

    A picture whose alpha is 0 everywhere counts as opaque, because some programs write 0 if a picture has no alpha.

    Raises
    ------
    ValueError
        The pixel data ends early, or a pixel has a colour that the palette lacks.
    """
    if header.compression in (_RLE8, _RLE4):
        return _coloured(_run_lengths(data, header)[::-1], header)
    stride = (header.width * header.depth + 31) // 32 * 4
    needed = (header.height - 1) * stride + (header.width * header.depth + 7) // 8
    stored = np.frombuffer(data, np.uint8, offset=min(header.start, len(data)))[: header.height * stride]
    if stored.size < needed:
        raise ValueError("the pixel data ends early")
    rows = np.pad(stored, (0, header.height * stride - stored.size)).reshape(header.height, stride)
    if not header.is_top_down:
        rows = rows[::-1]
    if header.depth <= 8:
        most, shifts = (1 << header.depth) - 1, range(8 - header.depth, -1, -header.depth)
        index = np.stack([rows >> shift & most for shift in shifts], axis=-1).reshape(header.height, -1)
        return _coloured(index[:, : header.width], header)
    if header.depth == 24:
        return np.ascontiguousarray(rows[:, : header.width * 3].reshape(header.height, header.width, 3))
    words = np.ascontiguousarray(rows).view("<u2" if header.depth == 16 else "<u4")[:, : header.width]
    red, green, blue, alpha = (_channel(words, mask) for mask in header.masks)
    return np.dstack([blue, green, red, alpha] if alpha.any() else [blue, green, red])


def _masks(data: bytes, size: int, depth: int, compression: int) -> tuple[int, int, int, int]:
    if compression not in (_BITFIELDS, _ALPHA_BITFIELDS):
        return _USUAL_MASKS.get(depth, (0, 0, 0, 0))
    red, green, blue, alpha = struct.unpack_from("<4I", data, _FILE_HEADER + _INFO)
    has_alpha = compression == _ALPHA_BITFIELDS or size >= _WITH_ALPHA
    return red, green, blue, alpha if has_alpha else 0


def _palette(data: bytes, size: int, start: int, *, depth: int, compression: int, used: int) -> Pixels:
    """The entries of the palette that the file stores before the pixels."""
    if depth > 8:
        return np.zeros((0, 3), np.uint8)
    entry = 3 if size == _CORE else 4
    first = _FILE_HEADER + size
    count = min(used or 1 << depth, 1 << depth, max(0, min(start, len(data)) - first) // entry)
    entries = np.frombuffer(data, np.uint8, count * entry, first).reshape(count, entry)
    return np.ascontiguousarray(entries[:, :3])


def _profile(data: bytes, size: int) -> bytes:
    if size < _V5 or data[_FILE_HEADER + 56 : _FILE_HEADER + 60] != _EMBEDDED:
        return b""
    start, length = struct.unpack_from("<II", data, _FILE_HEADER + 112)
    return data[_FILE_HEADER + start : _FILE_HEADER + start + length]


def _channel(words: npt.NDArray[np.unsignedinteger], mask: int) -> Pixels:
    """The bits of a mask in each pixel, scaled to levels from 0 to 255 and rounded."""
    if mask == 0:
        return np.zeros(words.shape, np.uint8)
    shift = (mask & -mask).bit_length() - 1
    most = mask >> shift
    if most & (most + 1):
        raise Uncovered(f"a BMP file with gaps between the bits of a channel, {mask:#x}")
    values = (words & words.dtype.type(mask)) >> words.dtype.type(shift)
    return np.asarray((values.astype(np.uint64) * 510 + most) // (2 * most), np.uint8)


def _coloured(index: npt.NDArray[np.integer], header: Header) -> Pixels:
    if index.max() >= len(header.palette):
        raise ValueError("a pixel has a colour that the palette lacks")
    return np.asarray(header.palette[index], np.uint8)


def _run_lengths(data: bytes, header: Header) -> npt.NDArray[np.int16]:
    """Decode a run-length encoded picture to indices of the palette, lowest row first."""
    index = np.full((header.height, header.width), -1, np.int16)
    at, row, column, per_byte = header.start, 0, 0, 8 // header.depth
    while row < header.height:
        if at + 2 > len(data):
            raise ValueError("the pixel data ends early")
        count, value = data[at], data[at + 1]
        at += 2
        if count == 0 and value == 0:  # the code for the end of a row
            row, column = row + 1, 0
        elif count == 0 and value == 1:  # the code for the end of the picture
            break
        elif count == 0 and value == 2:  # the run-length code that skips pixels to the right and upwards
            column, row, at = column + data[at], row + data[at + 1], at + 2
        else:
            length = value if count == 0 else count
            packed = bytes([value]) if count else data[at : at + -(-length // per_byte)]
            at += 0 if count else -(-len(packed) // 2) * 2
            values = np.frombuffer(packed, np.uint8)
            if per_byte == 2:
                values = np.stack([values >> 4, values & 15], axis=1).ravel()
            if column + length > header.width or len(values) * (length if count else 1) < length:
                raise ValueError("a run of equal pixels is longer than its row, or ends early")
            index[row, column : column + length] = np.resize(values, length)
            column += length
    if (index < 0).any():
        raise ValueError("the run-length encoded data does not cover all pixels")
    return index
