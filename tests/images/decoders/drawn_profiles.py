"""ICC profiles of version 2, made from primaries and a gamma, and the sRGB colours that they stand for."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

D50 = (0.9642, 1.0, 0.8249)
Primaries = tuple[tuple[float, float, float], ...]


def profile(name: bytes, gamma: float, primaries: Primaries = ()) -> bytes:
    """A matrix profile; a grey one without `primaries` (XYZ under D50)."""
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    text = b"desc\0\0\0\0" + struct.pack(">I", len(name) + 1) + name + b"\0" + bytes(78)
    text += bytes(-len(text) % 4)
    tags = [(b"desc", text), (b"cprt", b"text\0\0\0\0none\0\0\0\0"), (b"wtpt", xyz(D50))]
    if primaries:
        tags += [(b"%cXYZ" % letter, xyz(one)) for letter, one in zip(b"rgb", primaries, strict=True)]
        tags += [(b"%cTRC" % letter, curve) for letter in b"rgb"]
    else:
        tags += [(b"kTRC", curve)]
    at, table, data = 128 + 4 + 12 * len(tags), b"", b""
    for tag, body in tags:
        table += tag + struct.pack(">II", at + len(data), len(body))
        data += body
    space = b"RGB " if primaries else b"GRAY"
    head = struct.pack(">I4sI4s4s4s", at + len(data), b"none", 0x02100000, b"mntr", space, b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + xyz(D50)[8:]
    return head + bytes(128 - len(head)) + struct.pack(">I", len(tags)) + table + data


def xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in values)


_SRGB = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))
_P3 = ((0.5151, 0.2412, -0.0011), (0.2919, 0.6922, 0.0419), (0.1572, 0.0666, 0.7841))
_ADOBE = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))
DISPLAY_P3, ADOBE_RGB = profile(b"P3 like", 2.2, _P3), profile(b"Adobe like", 2.2, _ADOBE)
GREY_GAMMA_1 = profile(b"linear grey", 1.0)
_PRIMARIES = {DISPLAY_P3: _P3, ADOBE_RGB: _ADOBE}


def srgb_of(rgb: npt.NDArray[np.uint8], icc: bytes) -> npt.NDArray[np.float64]:
    """The sRGB levels of RGB levels in one of this module's profiles."""
    linear = (rgb / 255) ** 2.2 @ np.array(_PRIMARIES[icc]) @ np.linalg.inv(np.array(_SRGB))
    clipped = linear.clip(0, 1)
    return 255 * np.where(clipped <= 0.0031308, 12.92 * clipped, 1.055 * clipped ** (1 / 2.4) - 0.055)
