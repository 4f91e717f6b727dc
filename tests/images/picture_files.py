"""Pictures for tests, and functions that write parts of picture files by hand."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import numpy.typing as npt

RNG = np.random.default_rng(7)
BGR = cv2.resize(RNG.integers(0, 256, (5, 7, 3), dtype=np.uint8), (47, 31), interpolation=cv2.INTER_CUBIC)
BGRA = np.dstack([BGR, RNG.integers(0, 256, BGR.shape[:2], dtype=np.uint8)])
DEEP = RNG.integers(0, 65536, (*BGR.shape[:2], 4), dtype=np.uint16)
RGB = BGR[..., ::-1]


def close(image: npt.NDArray[np.uint8], expected: npt.NDArray[np.uint8]) -> bool:
    """Whether lossy coding explains the difference; exchanged colour channels would not pass."""
    return bool(np.abs(image.astype(int) - expected).mean() < 5)


def to_8_bit(deep: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint8]:
    return np.rint(deep / 257).astype(np.uint8)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_header(width: int, height: int, *, depth: int = 8, colour: int = 2) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header)
