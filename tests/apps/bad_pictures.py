"""Files that people really pass to a program that expects a photograph, made on the spot."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image as Pillow


def _noise(*shape: int, high: int = 256, kind: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(7).integers(0, high, shape).astype(kind)


def missing(folder: Path) -> Path:
    return folder / "missing.jpg"


def empty(folder: Path) -> Path:
    path = folder / "empty.jpg"
    path.write_bytes(b"")
    return path


def text(folder: Path) -> Path:
    path = folder / "notes.jpg"
    path.write_text("Dear diary, this is not a photograph.\n" * 20)
    return path


def truncated_jpeg(folder: Path) -> Path:
    buffer = io.BytesIO()
    Pillow.fromarray(_noise(120, 160, 3)).save(buffer, "JPEG")
    path = folder / "truncated.jpg"
    path.write_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 2])
    return path


def huge_png_header(folder: Path) -> Path:
    """60 000 x 60 000 pixels promised by a file of 100 bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    path = folder / "bomb.png"
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(64))) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + data)
    return path


def animated_gif(folder: Path) -> Path:
    frames = [Pillow.fromarray(np.full((20, 20), v, np.uint8)) for v in (0, 120, 240)]
    path = folder / "moving.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    return path


def directory(folder: Path) -> Path:
    path = folder / "album.jpg"
    path.mkdir()
    return path


def float_tiff(folder: Path) -> Path:
    path = folder / "float.tiff"
    Pillow.fromarray(_noise(20, 30).astype(np.float32) / 255).save(path)
    return path


def cmyk_jpeg(folder: Path) -> Path:
    path = folder / "cmyk.jpg"
    Pillow.fromarray(_noise(20, 30, 4), "CMYK").save(path)
    return path


def deep_png_with_alpha(folder: Path) -> Path:
    import cv2

    path = folder / "deep.png"
    path.write_bytes(cv2.imencode(".png", _noise(20, 30, 4, high=65536, kind=np.uint16))[1].tobytes())
    return path


def rotated_tiff(folder: Path) -> Path:
    """Stored 30 wide and 20 high, meant to be shown turned by 90 degrees."""
    path = folder / "rotated.tiff"
    tags = Pillow.Exif()
    tags[0x0112] = 6
    Pillow.fromarray(_noise(20, 30, 3)).save(path, exif=tags)
    return path


REFUSED: tuple[tuple[Callable[[Path], Path], str], ...] = (
    (missing, "does not exist"),
    (empty, "empty"),
    (text, "JPEG, PNG, WebP, TIFF or BMP"),
    (truncated_jpeg, "truncated"),
    (huge_png_header, "60000 x 60000"),
    (animated_gif, "JPEG, PNG, WebP, TIFF or BMP"),
    (directory, "directory"),
    (float_tiff, "float"),
)
"""File and a part of the sentence that refuses it."""

ACCEPTED: tuple[tuple[Callable[[Path], Path], tuple[int, int]], ...] = (
    (cmyk_jpeg, (30, 20)),
    (deep_png_with_alpha, (30, 20)),
    (rotated_tiff, (20, 30)),
)
"""File and the width and height of the picture it holds."""
