"""PNG files hold the exact pixels, and no more bytes than OpenCV writes."""

from __future__ import annotations

import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.images.picture_files import BGRA
from toolkit.images import encode_png as png
from toolkit.images.encode_png import encode_png
from toolkit.images.image import Image, load
from toolkit.images.metadata import NO_METADATA
from toolkit.images.photos import photo


@pytest.fixture(params=["zlib_ng", "zlib"])
def with_either_library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "zlib":
        monkeypatch.setattr(png, "compressobj", zlib.compressobj)
        monkeypatch.setattr(png, "crc32", zlib.crc32)
    else:
        pytest.importorskip("zlib_ng")


@pytest.mark.usefixtures("with_either_library")
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (3, 2), (17, 31), (900, 1100)])
def test_every_pixel_is_read_back(tmp_path: Path, channels: int, size: tuple[int, int]) -> None:
    """The largest size has several strips."""
    image = np.random.default_rng(5).integers(0, 256, (*size, channels), np.uint8)
    content = encode_png(image, NO_METADATA)
    read = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert read is not None
    assert np.array_equal(read.reshape(image.shape), image)
    file = tmp_path / "picture.png"
    file.write_bytes(content)
    assert load(file).shape == (*size, 3)


@pytest.mark.usefixtures("with_either_library")
@pytest.mark.parametrize(
    "image",
    [
        photo("astronaut"),
        photo("chelsea"),
        BGRA,
        np.zeros((300, 400, 3), np.uint8),
        np.random.default_rng(1).integers(0, 256, (200, 200, 3), np.uint8),
    ],
    ids=["astronaut", "chelsea", "alpha", "black", "noise"],
)
def test_a_file_is_as_small_as_that_of_opencv(image: Image) -> None:
    assert len(encode_png(image, NO_METADATA)) < 1.02 * len(cv2.imencode(".png", image)[1])
