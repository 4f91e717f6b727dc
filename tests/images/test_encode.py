"""What a picture format can hold, and what is refused."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from tests.images.picture_files import BGRA
from toolkit.core.errors import InvalidValue
from toolkit.images.encode import QUALITY, SUFFIXES, encode, holds
from toolkit.images.image import save
from toolkit.images.photos import photo


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_alpha_is_kept_where_the_format_can(tmp_path: Path, suffix: str) -> None:
    with Pillow.open(save(BGRA, tmp_path / f"cutout{suffix}")) as picture:
        assert picture.mode == "RGBA"
        assert np.array_equal(np.asarray(picture)[..., 3], BGRA[..., 3])


@pytest.mark.parametrize("suffix", [".jpg", ".bmp"])
def test_alpha_is_refused_where_the_format_cannot(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(InvalidValue, match="the format has no alpha; got 'BGRA'. Save as .png"):
        save(BGRA, tmp_path / f"cutout{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_a_side_too_long_for_the_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="save to WebP must be at most 16383 pixels"):
        save(np.zeros((1, 16_384, 3), np.uint8), tmp_path / "out.webp")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_format_holds_what_can_be_encoded(suffix: str, channels: int) -> None:
    image = np.ascontiguousarray(BGRA[..., :channels])
    if holds(suffix, channels):
        assert encode(image, suffix)
    else:
        with pytest.raises(InvalidValue, match="alpha"):
            encode(image, suffix)


def test_jpeg_keeps_the_colours_of_single_pixels() -> None:
    """Without chroma subsampling, which would average the colour of neighbours."""
    stripes = np.zeros((16, 16, 3), np.uint8)
    stripes[:, ::2, 2] = stripes[:, 1::2, 0] = 200
    with Pillow.open(io.BytesIO(encode(stripes, ".jpg"))) as picture:
        assert np.abs(np.asarray(picture)[..., ::-1].astype(int) - stripes).max() < 20


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee"])
def test_webp_is_as_small_and_as_good_as_that_of_opencv(name: str) -> None:
    image = photo(name)
    ours = encode(image, ".webp")
    theirs = cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])[1]
    assert abs(len(ours) / len(theirs) - 1) < 0.1
    quality = [
        cv2.PSNR(np.asarray(cv2.imdecode(np.frombuffer(c, np.uint8), cv2.IMREAD_COLOR)), image)
        for c in (ours, theirs)
    ]
    assert abs(quality[0] - quality[1]) < 0.5
