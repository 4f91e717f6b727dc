"""What stands below a picture."""

from __future__ import annotations

import pytest

from tests.results.factory import make_measurement
from tests.results.model_rows import anime_rows, model_row
from toolkit.results.pictures.captions import caption_of, model_line_of, way_caption_of, way_line_of


def enlarged(**given):
    given = {"quality": {"psnr_y_db": 30.594, "ssim_y": 0.8684}, **given}
    return model_row("fsrcnn", "openvino", latency_ms=41, precision="bf16", params=(("scale", 3),), **given)


def test_it_tells_what_ran_how_long_and_how_well():
    model, way, numbers = caption_of(enlarged()).splitlines()
    assert (model, way) == ("fsrcnn x3", "openvino bf16") and numbers.endswith(" ms, PSNR-Y 30.59 dB")
    assert caption_of(enlarged(), metric="ssim_y").endswith("SSIM-Y 0.8684")


def test_untrained_is_said_and_has_no_quality():
    caption = caption_of(
        model_row("edsr", "torch", latency_ms=9, params=(("weights", "untrained"),), quality={"psnr_y_db": 9})
    )
    assert caption.splitlines()[1] == "untrained, torch fp32" and "PSNR-Y" not in caption
    assert caption.endswith("ms, equals reference")


def test_a_wrong_picture_is_named_so():
    assert caption_of(anime_rows()[-2]).endswith("disagrees with reference")
    assert "disagrees" not in caption_of(anime_rows()[0])


def test_where_all_are_of_one_model_the_way_is_enough():
    row = anime_rows()[2]
    assert way_line_of(row) == "untrained, torch fp32 compile=true"
    assert caption_of(row) == f"anime cartoongan_shinkai\n{way_caption_of(row)}"
    assert way_caption_of(row).startswith(way_line_of(row))
    assert model_line_of(row) == "anime cartoongan_shinkai (untrained)"


@pytest.mark.parametrize("given", [{"status": "skipped", "cause": "unavailable", "note": "not here"}])
def test_what_was_not_measured_has_no_numbers(given):
    assert caption_of(make_measurement(backend="numba", **given)).splitlines()[2:] == ["n/a"]


def test_the_time_of_a_batch_is_that_of_one_picture():
    one, four = (model_row("fsrcnn", "openvino", latency_ms=40, batch=batch) for batch in (1, 4))
    assert " ms per picture" in caption_of(four) and "per picture" not in caption_of(one)
    times = [float(caption_of(row).splitlines()[2].split()[0]) for row in (one, four)]
    assert times[0] / times[1] == pytest.approx(4, rel=0.1)
