"""Each format is written as real bytes and read back: what is lossless, and what colour at half resolution costs."""

from __future__ import annotations

import toolkit as tk
from toolkit.images.encode import encode
from toolkit.studies.encodings import in_each_format


def test_png_is_identical_and_full_colour_costs_bytes_for_a_better_picture():
    picture = tk.photo("chelsea")
    png, half, full, webp = in_each_format(picture, quality=90, calls=1)
    assert png.psnr_db is None and png.size_bytes == len(encode(picture, ".png"))
    assert half.size_bytes < full.size_bytes < png.size_bytes
    assert half.psnr_db < full.psnr_db < 60
    assert webp.psnr_db > 30 and webp.size_bytes == len(encode(picture, ".webp", quality=90))
    assert all(one.encode_s > 0 for one in (png, half, full, webp))
    assert "quality 90" in half.name and "4:2:0" in half.name
