"""A shrunken job against the full-size one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.results.factory import later, make_measurement
from toolkit.results.rows.shrinking import shrunken
from toolkit.results.sentences.conclusions import conclude
from toolkit.results.tables.shrinking import shrinking_table

STEPS = (("fit_pixels", (("pixels", 1_000_000), ("interpolation", "area"))),)


def test_each_shrunken_job_stands_beside_its_full_size():
    full = make_measurement(megapixels=4, latency_s=2.0)
    small = make_measurement(
        megapixels=4, latency_s=0.5, steps=STEPS, quality={"psnr_db": 24.3, "ssim": 0.81}
    )
    table = shrinking_table([full, small, make_measurement(megapixels=1)])
    (row,) = table.frame.to_dict("records")
    assert row["speedup"] == pytest.approx(4, rel=0.05)
    assert row["speedup_low"] < row["speedup"] < row["speedup_high"]
    assert (row["quality_psnr_db"], row["steps"]) == (24.3, "fit_pixels 1.0 MP")
    assert "0.810" in table.text()


def test_without_its_full_size_or_with_a_wrong_picture_there_is_no_row():
    small = make_measurement(megapixels=4, steps=STEPS, quality={"psnr_db": 24.3, "ssim": 0.81})
    wrong = make_measurement(megapixels=4, status="failed", cause="disagreed", note="wrong")
    assert shrunken([small]) == []
    assert shrunken([small, wrong]) == []
    assert shrinking_table([]).rows == []


def test_a_busy_machine_gives_times_and_no_speedup():
    doubt = ("other processes used 1.5 of 2 processors",)
    full = make_measurement(megapixels=4, latency_s=2.0, suspect=doubt)
    small = make_measurement(megapixels=4, latency_s=0.5, steps=STEPS, suspect=doubt)
    busy, quiet = (shrinking_table([full, one]) for one in (small, replace(small, blocks=full.blocks[1:])))
    assert "busy" in busy.title and "times as fast" not in busy.text()
    assert "busy" not in quiet.title and "times as fast" in quiet.text()


def test_jobs_that_did_not_take_turns_have_no_speedup():
    full = make_measurement(megapixels=4, latency_s=2.0)
    small = later(make_measurement(megapixels=4, latency_s=0.5, steps=STEPS), hours=1)
    table = shrinking_table([full, small])
    assert table.frame["speedup"].isna().all()
    assert f"atelier compare {full.trial} {small.trial}" in table.html()
    assert "as fast" not in str(conclude([full, small]))
