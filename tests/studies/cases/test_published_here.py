"""Beside each published figure stands the same quantity of the run, or why there is none."""

from __future__ import annotations

import pytest

from tests.studies.cases.stored_runs import row_of, run_of
from toolkit.studies.cases.published_figures import PublishedFigure
from toolkit.studies.cases.published_here import here_text

GPU = "3_super_resolution_gpu"


@pytest.fixture(scope="module")
def run():
    rows = [
        row_of(GPU, "cpu_reload", 2.0, peak_bytes=1_100_000_000),
        row_of(GPU, "cpu", 1.0, psnr_db={"picture": 28.0}, stages_s={"shrink": 0.25}),
        row_of(GPU, "cuda", None),
        row_of(GPU, "ours_fp16", 0.01, card_bytes=900_000_000, card_busy_percent=80),
    ]
    facts = {"at_once": {"cpu": 2, "cuda": "skipped"}}
    return run_of(GPU, rows, facts=facts, errors={"queue": "No room."})


@pytest.mark.parametrize(
    ("here", "text"),
    [
        ("time cpu", "1.0"),
        ("memory cpu_reload", "1.1 GB"),
        ("memory cpu", "not sampled"),
        ("card ours_fp16", "900 MB"),
        ("use ours_fp16", "80 %"),
        ("use cuda", "skipped"),
        ("stage cpu shrink", "250 ms"),
        ("psnr cpu", "28.0 dB against the photo"),
        ("rate cpu", "1.00 pictures/s"),
        ("shorter cpu_reload cpu", "50 % ("),
        ("faster cpu_reload cpu", "100 % ("),
        ("shorter cpu cuda", "skipped"),
        ("fact at_once cpu", "2"),
        ("fact at_once cuda", "skipped"),
        ("fact queue accepted", "measurement failed"),
        ("", "not measured by Atelier"),
    ],
)
def test_a_quantity_of_the_run_or_why_there_is_none(run, here, text):
    figure = PublishedFigure(what="a figure", low=1.0, high=2.0, unit="s", here=here)
    assert here_text(run, figure).startswith(text)
