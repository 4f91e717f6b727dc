"""Settings are named by format, chroma and quality, and each writes a file that can be read."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image as Pillow

from toolkit.images.encode_settings import EncodeSetting, encode_settings


def test_a_format_is_listed_once_and_in_the_order_given() -> None:
    names = [setting.name for setting in encode_settings(["webp", "jpeg", "webp"], qualities=[80])]
    assert names[0] == "WebP, quality 80" and names[-1] == "JPEG 4:4:4, quality 80"
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("setting", encode_settings(qualities=[90]), ids=lambda setting: setting.name)
def test_what_a_setting_writes_is_a_picture_of_its_format(setting: EncodeSetting) -> None:
    image = np.random.default_rng(3).integers(0, 256, (19, 33, 3), np.uint8)
    with Pillow.open(io.BytesIO(setting.encode(image))) as picture:
        assert picture.size == (33, 19)
        assert picture.format == setting.name.partition(" ")[0].rstrip(",").upper()
