"""JPEG files, each with the picture that it holds; None if it must be refused."""

from __future__ import annotations

import io
import re
from typing import Any

import cv2
import numpy as np
from PIL import Image

from tests.images.decoders.drawn_png import Drawn
from toolkit.images.decoders.jpeg_scans import segments

RNG = np.random.default_rng(12)
HEIGHT, WIDTH = 61, 83
SCENE = cv2.resize(
    RNG.integers(0, 256, (9, 11, 3), dtype=np.uint8), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC
)
KINDS: dict[str, dict[str, Any]] = {
    "4:2:0": {},
    "4:4:4": {"subsampling": 0},
    "4:2:2": {"subsampling": 1},
    "RGB": {"keep_rgb": True},
    "optimised": {"optimize": True},
    "progressive": {"progressive": True},
    "progressive 4:4:4": {"progressive": True, "subsampling": 0},
    "restarts": {"restart_marker_blocks": 3},
    "progressive restarts": {"restart_marker_rows": 1, "progressive": True},
    "low quality": {"quality": 5},
}
SOS = 0xDA


def jpeg(mode: str, **how: Any) -> bytes:
    buffer = io.BytesIO()
    picture = Image.fromarray(SCENE).convert(mode)
    picture.save(buffer, "JPEG", **{"quality": 92, **how})
    return buffer.getvalue()


def noise(count: int) -> bytes:
    return RNG.integers(0, 255, count, dtype=np.uint8).tobytes()


def files() -> Drawn:
    for mode in ("RGB", "L", "CMYK"):
        for name, how in KINDS.items():
            if mode == "RGB" or not {"subsampling", "keep_rgb"} & set(how):
                yield from around(f"{mode} {name}", jpeg(mode, **how))


def around(name: str, whole: bytes) -> Drawn:
    """A sound file, and what can happen to it."""
    right = np.asarray(Image.open(io.BytesIO(whole)).convert("RGB"))[..., ::-1]
    scans = [end for marker, _, end in segments(whole) if marker == SOS]
    start, end = scans[0], len(whole) - 2
    fifth = (end - start) // 5  # of a smaller loss a decoder may know nothing: it is in step again soon
    yield name, whole, right
    yield f"{name}, bytes after the end", whole + b"\xff\xd8superfluous" * 9, right
    yield f"{name}, fill before the end marker", whole[:-2] + bytes(40) + b"\xff\xff\xd9", right
    yield f"{name}, JFIF 2", whole.replace(b"JFIF\0\1", b"JFIF\0\2"), right
    for share in (0.0, 0.01, 0.3, 0.5, 0.7, 0.95):
        cut = start + int((end - start) * share)
        yield f"{name}, cut at {share:.0%}", whole[:cut], None
        yield (
            f"{name}, cut at {share:.0%}, then an end marker",
            whole[:cut].rstrip(b"\xff") + b"\xff\xd9",
            None,
        )
        if share < 0.9:
            yield (
                f"{name}, a fifth missing at {share:.0%}",
                whole[:cut].rstrip(b"\xff") + whole[cut + fifth :],
                None,
            )
    for number, scan in enumerate(scans[1:], 1):
        before = whole.rindex(b"\xff\xda", 0, scan)
        yield f"{name}, without the scans from {number}", whole[:before] + b"\xff\xd9", None
    middle = (start + end) // 2
    yield (
        f"{name}, noise in the middle",
        whole[:middle].rstrip(b"\xff") + noise(fifth) + whole[middle + fifth :],
        None,
    )
    yield f"{name}, a second half twice", whole[:middle].rstrip(b"\xff") + whole[start + 9 :], None
    restarts = [found.start() for found in re.finditer(rb"\xff[\xd0-\xd7]", whole) if found.start() > start]
    if len(restarts) > 3:
        yield f"{name}, an interval missing", whole[: restarts[1]] + whole[restarts[2] :], None
