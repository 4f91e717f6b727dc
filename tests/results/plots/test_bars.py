"""Shares of a job and ratios to a baseline."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.results.drawn import legend_of
from tests.results.factory import PER_MP_S, four_styles, make_measurement
from toolkit.analysis.stats import geometric_mean
from toolkit.contracts.fingerprint import fingerprint
from toolkit.results.plots.bars import ratio_plot, share_plot
from toolkit.studies.compare import compare

STYLES = tuple(PER_MP_S)


def test_shares_add_up_and_a_wrong_picture_is_hatched():
    chart = share_plot(four_styles(megapixels=(4, 12.2)), styles=STYLES)
    bars = chart.axes[0].patches
    for row in (bars[:4], bars[4:8]):
        assert sum(bar.get_width() for bar in row) == pytest.approx(100)
    assert [bool(bar.get_hatch()) for bar in bars] == [False] * 4 + [True] + [False] * 3
    assert "time to a wrong picture" in legend_of(chart)
    assert "stylization 26 % (time to a wrong picture)" in chart.alt


def test_a_job_that_lacks_a_style_has_no_bar():
    three = [m for m in four_styles() if m.trial.operation != "oil_painting"]
    assert "not drawn" in str(share_plot(three, styles=STYLES))


def test_jobs_on_several_threads_are_named():
    axes = share_plot(four_styles(megapixels=(1,), threads=(1, 2)), styles=STYLES).axes[0]
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert names == ["1.0 MP, opencv, 1 thread", "1.0 MP, opencv, 2 threads"]


def test_a_ratio_has_its_number_and_says_when_it_has_no_interval():
    chart = ratio_plot({"two / one": geometric_mean([0.52, 0.53, 0.55]), "once": geometric_mean([1.1])})
    assert [text.get_text() for text in chart.axes[0].texts] == ["x 0.53", "x 1.10 (no interval)"]
    assert len(chart.axes[0].containers) == 1
    assert "once: x 1.10." in chart.alt


def test_of_two_disturbed_runs_the_reason_stands_in_place_of_the_ratio():
    doubt = ("other processes used 1.5 of 2 processors",)
    here = fingerprint()
    one, two = (
        make_measurement(backend=name, latency_s=s, fingerprint=here)
        for name, s in (("opencv", 0.3), ("numba", 0.1))
    )
    assert "CAN'T TELL" not in ratio_plot({"numba": compare(one, two)}).alt
    busy = [replace(m, blocks=tuple(replace(b, suspect=doubt) for b in m.blocks)) for m in (one, two)]
    chart = ratio_plot({"numba": compare(*busy)})
    (text,) = [text.get_text() for text in chart.axes[0].texts]
    assert "busy" in text and "busy" in chart.alt and "x 0." not in chart.alt
