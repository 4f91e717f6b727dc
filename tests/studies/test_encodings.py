"""Each setting writes real bytes that are read back: what is lossless, and what colour at half resolution costs."""

from __future__ import annotations

import pytest

import toolkit as tk
from toolkit.core.errors import InvalidValue, UnknownName
from toolkit.images.encode import Chroma, encode
from toolkit.studies.encodings import in_each_format


def test_lossless_is_identical_and_full_colour_costs_bytes_for_a_better_picture():
    picture = tk.photo("chelsea")
    found = {one.name: one for one in in_each_format(picture, qualities=[75, 95], calls=1)}
    half, full = found["JPEG 4:2:0, quality 95"], found["JPEG 4:4:4, quality 95"]
    lossless = [one for name, one in found.items() if name.startswith("PNG") or "lossless" in name]
    assert len(lossless) > 8 and all(one.psnr_db is None and one.ssim == 1 for one in lossless)
    assert half.size_bytes < full.size_bytes < found["PNG"].size_bytes
    assert half.psnr_db < full.psnr_db and half.ssim < 1
    for name in ("JPEG 4:2:0", "JPEG 4:4:4", "WebP"):
        low, high = found[f"{name}, quality 75"], found[f"{name}, quality 95"]
        assert low.size_bytes < high.size_bytes and low.psnr_db < high.psnr_db and low.ssim < high.ssim
    assert full.size_bytes == len(encode(picture, ".jpg", chroma=Chroma.FULL))
    assert {name for name, one in found.items() if one.is_default} == {"PNG", full.name, "WebP, quality 95"}


def test_filters_and_levels_of_png_make_different_files():
    found = in_each_format(tk.photo("chelsea"), formats=["png"], calls=1)
    sizes = {one.name: one.size_bytes for one in found}
    assert len(set(sizes.values())) == len(sizes)
    assert sizes["PNG level 6, all filters"] < sizes["PNG level 1, all filters"]


def test_an_unknown_format_and_a_wrong_quality_are_refused():
    picture = tk.photo("chelsea")[:8, :8]
    with pytest.raises(UnknownName, match="webp"):
        in_each_format(picture, formats=["wepb"])
    with pytest.raises(InvalidValue, match="quality"):
        in_each_format(picture, qualities=[0])
