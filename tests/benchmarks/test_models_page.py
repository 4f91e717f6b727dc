"""``make bench-models`` prints missed minima and ends with the matching exit code."""

from __future__ import annotations

import pytest

from benchmarks import models_matting as matting
from benchmarks import models_page
from benchmarks.models_matting_ways import Way
from benchmarks.models_page import Page
from benchmarks.models_peak import network_flops


@pytest.fixture
def page(monkeypatch, tmp_path):
    monkeypatch.setattr(models_page, "FOLDER", tmp_path)
    return Page()


def test_a_missed_minimum_fails_the_benchmark(page, tmp_path, capsys):
    page.heading("Speed")
    page.table(
        ["model", "kept"], [["one", page.require(True, "-")], ["two", page.require(False, "two is slow")]]
    )
    page.without("no weights")
    assert page.close("models") == 1
    written = (tmp_path / "models.md").read_text()
    assert (
        "| two | MISSED |" in written
        and "MISSED: two is slow" in written
        and "PARTIAL: no weights" in written
    )
    assert "MISSED: two is slow" in capsys.readouterr().out


def test_a_part_that_is_not_judged_does_not_fail_the_benchmark(page):
    page.without("no weights")
    assert page.close("models") == 0


def test_operations_are_counted_by_layer():
    # The head, 32 blocks of two convolutions, the tail, and the convolution to three colours of nine pixels.
    a_px = 3 * 256 * 9 + 65 * 256 * 256 * 9 + 256 * 27 * 9
    found = network_flops("edsr", {"scale": 3, "weights": "untrained"}, (480, 320))
    assert found == pytest.approx(2 * a_px * 480 * 320)


def timed(label, seconds, *, agrees=True, backend="onnxruntime"):
    return matting.Timed(Way(label, backend=backend), [], [[each] for each in seconds], [], "50.0 dB", agrees)


def test_matting_is_judged_by_the_lower_end_of_the_best_interval_that_agrees(page, capsys):
    script = timed("script", [1.0, 1.01, 0.99], backend="")
    sure = timed("sure", [0.300, 0.304, 0.296])
    loose = timed("loose", [0.10, 0.45, 0.19])
    wrong = timed("wrong", [0.01, 0.0101, 0.0099], agrees=False)
    matting._summary(page, "alpha", [script, sure, loose, wrong])
    assert not page.missed
    assert "sure, 3.33 times as fast as the script" in capsys.readouterr().out
    # Four times as fast at the point is no proof where the interval reaches down to 1.
    matting._summary(page, "alpha", [script, loose, wrong])
    assert len(page.missed) == 1 and "2.5" in page.missed[0]
