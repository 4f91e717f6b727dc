"""What stands below a picture."""

from __future__ import annotations

import pytest

from tests.results.factory import make_measurement
from tests.results.model_rows import anime_rows, model_row
from toolkit.results.captions import caption_of


def enlarged(**given):
    given = {"quality": {"psnr_y_db": 30.594, "ssim_y": 0.8684}, **given}
    return model_row("fsrcnn", "openvino", latency_ms=41, precision="bf16", params=(("scale", 3),), **given)


def test_it_tells_what_ran_how_long_and_how_well():
    name, time, quality = caption_of(enlarged()).splitlines()
    assert name.startswith("fsrcnn@openvino bf16") and time.endswith(" ms") and quality == "PSNR-Y 30.59 dB"
    assert caption_of(enlarged(), metric="ssim_y").endswith("SSIM-Y 0.8684")


def test_untrained_is_said_and_has_no_quality():
    caption = caption_of(
        model_row("edsr", "torch", latency_ms=9, params=(("weights", "untrained"),), quality={"psnr_y_db": 9})
    )
    assert "untrained" in caption.splitlines()[0] and "PSNR-Y" not in caption
    assert caption.endswith("agreement: equal")


def test_a_wrong_picture_is_named_so():
    assert "time to a wrong picture" in caption_of(anime_rows()[-2])


@pytest.mark.parametrize("given", [{"status": "skipped", "cause": "unavailable", "note": "not here"}])
def test_what_was_not_measured_has_no_numbers(given):
    assert caption_of(make_measurement(backend="numba", **given)).splitlines()[1:] == ["n/a"]
