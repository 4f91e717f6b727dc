"""Make an ICC profile from the chunks cICP, or gAMA and cHRM, with which a PNG file describes its colours."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

from toolkit.images.decoders.png_chunks import chunks

Matrix = npt.NDArray[np.float64]
Chromaticities = tuple[tuple[float, float], ...]

# Chromaticities x, y of white, red, green and blue; the keys are the numbers of ITU-T H.273, as used by cICP.
_BT_709 = ((0.3127, 0.3290), (0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
_PRIMARIES = {
    1: _BT_709,
    9: ((0.3127, 0.3290), (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),  # BT.2020
    11: ((0.314, 0.351), (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # DCI-P3
    12: ((0.3127, 0.3290), (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # Display P3
}
_GAMMAS = {
    1: 0.0,
    4: 2.2,
    5: 2.8,
    6: 0.0,
    8: 1.0,
    13: 0.0,
    14: 0.0,
    15: 0.0,
}  # 0 stands for the curve of sRGB
_USUAL_GAMMA, _SAME_GAMMA = 2.2, 0.05  # a program that writes gamma 1 / 2.2 means sRGB
_SAME_PLACE = 0.002  # largest difference of two chromaticities that count as equal
_D50 = (0.9642, 1.0, 0.8249)
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def profile_of(data: bytes, stored: bytes = b"") -> bytes:
    """The ICC profile of a PNG file's colours; empty if the colours are sRGB, or if the file does not describe them.

    As the PNG standard demands, the chunk cICP has priority over the `stored` profile (chunk iCCP), and this profile
    has priority over the chunks sRGB and gAMA. High dynamic range (PQ, HLG) and limited range are not supported: such
    colours are treated as sRGB.
    """
    found = {name: bytes(content) for name, content in chunks(data)}
    if len(coded := found.get(b"cICP", b"")) == 4 and coded[0] in _PRIMARIES and coded[1] in _GAMMAS:
        return _profile(b"cICP", _GAMMAS[coded[1]], _PRIMARIES[coded[0]])
    if stored or b"sRGB" in found or len(found.get(b"gAMA", b"")) != 4:
        return stored
    gamma = 100_000 / max(1, *struct.unpack(">I", found[b"gAMA"]))
    primaries: Chromaticities = _BT_709
    if len(found.get(b"cHRM", b"")) == 32:
        x_y = np.array(struct.unpack(">8I", found[b"cHRM"])).reshape(4, 2) / 100_000
        primaries = tuple((float(x), float(y)) for x, y in x_y)
    if min(y for _, y in primaries) <= 0:
        return b""
    return _profile(b"gAMA", 0.0 if abs(gamma - _USUAL_GAMMA) < _SAME_GAMMA else gamma, primaries)


def _profile(name: bytes, gamma: float, chromaticities: Chromaticities) -> bytes:
    """The bytes of a matrix profile (ICC.1:2001-04) with one gamma curve; empty if the colours are sRGB."""
    if not gamma and np.allclose(chromaticities, _BT_709, atol=_SAME_PLACE):
        return b""
    if gamma:
        curve = struct.pack(">4sIIHH", b"curv", 0, 1, min(65535, round(gamma * 256)), 0)
    else:
        level = np.arange(1024) / 1023
        linear = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
        curve = struct.pack(">4sII", b"curv", 0, 1024) + np.rint(linear * 65535).astype(">u2").tobytes()
    text = struct.pack(">4sII", b"desc", 0, len(name) + 1) + name.ljust(len(name) + 79, b"\0")
    tags = {b"desc": text + bytes(-len(text) % 4), b"cprt": b"text\0\0\0\0none\0\0\0\0", b"wtpt": _xyz(_D50)}
    for letter, column in zip(b"rgb", _to_d50(chromaticities).T, strict=True):
        tags[b"%cXYZ" % letter] = _xyz(column)
        tags[b"%cTRC" % letter] = curve
    first = 128 + 4 + 12 * len(tags)
    table, content = b"", b""
    for tag, body in tags.items():
        table += tag + struct.pack(">II", first + len(content), len(body))
        content += body
    head = struct.pack(">I4sI4s4s4s", first + len(content), b"", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H4s", 2000, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + _xyz(_D50)[8:]
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + content


def _to_d50(chromaticities: Chromaticities) -> Matrix:
    """Matrix from linear red, green and blue to XYZ, adapted from the white of the colours to D50 (Bradford)."""
    white, *primaries = (np.array([x / y, 1.0, (1 - x - y) / y]) for x, y in chromaticities)
    columns = np.stack(primaries, axis=1)
    to_xyz = columns * np.linalg.solve(columns, white)
    cones = (_BRADFORD @ np.array(_D50)) / (_BRADFORD @ white)
    return np.asarray(np.linalg.inv(_BRADFORD) @ np.diag(cones) @ _BRADFORD @ to_xyz)


def _xyz(values: npt.ArrayLike) -> bytes:
    return b"".join((b"XYZ ", bytes(4), np.rint(np.asarray(values) * 65536).astype(">i4").tobytes()))
