"""What a reader can take from a chart, and what must never be in it."""

from __future__ import annotations

import io
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Text
from PIL import Image

from tests.results.factory import PER_MP_S, four_styles, make_measurement, too_large
from toolkit.analysis.stats import geometric_mean
from toolkit.core.errors import InvalidValue
from toolkit.results.plots.sizes import (
    latency_plot,
    memory_plot,
    ratio_plot,
    save,
    share_plot,
    workers_plot,
)

STYLES = tuple(PER_MP_S)
RATIOS = {"two threads / one": geometric_mean([0.52, 0.53, 0.55]), "one block": geometric_mean([1.1])}
CHARTS = {
    "latency": lambda: latency_plot(four_styles()),
    "memory": lambda: memory_plot(four_styles()),
    "workers": lambda: workers_plot(four_styles(megapixels=(1, 4, 12.2), workers=(1, 2, 4), threads=(1, 2))),
    "share": lambda: share_plot(four_styles(), styles=STYLES),
    "ratio": lambda: ratio_plot(RATIOS),
}


def legend_of(chart):
    return [text.get_text() for text in chart.legends[0].get_texts()]


def hollow_points(axes):
    return [
        tuple(np.concatenate(line.get_data()))
        for line in axes.lines
        if to_hex(line.get_markerfacecolor()) == "#ffffff"
    ]


@pytest.mark.parametrize("name", CHARTS)
def test_charts_are_saved_as_png_and_svg_with_their_alt_text(name, tmp_path):
    chart = CHARTS[name]()
    png, svg = save(chart, tmp_path / "figures", name)
    assert png.read_bytes().startswith(b"\x89PNG") and png.name == f"{name}.png"
    assert "<svg" in svg.read_text() and chart.alt[:40] in svg.read_text()
    assert save(CHARTS[name](), tmp_path / "again", name)[1].read_bytes() == svg.read_bytes()


@pytest.mark.parametrize("name", [*CHARTS, "long names"])
def test_nothing_is_clipped_and_text_is_large_enough_at_half_size(name):
    chart = CHARTS[name]() if name in CHARTS else latency_plot(four_styles(workers=(1, 2), threads=(1, 2)))
    pixels = np.asarray(Image.open(io.BytesIO(chart.png())).convert("L"))
    assert pixels.shape[1] == 7 * 150
    for edge in (pixels[:3], pixels[-3:], pixels[:, :3], pixels[:, -3:]):
        assert edge.min() == 255
    texts = [text for text in chart.findobj(Text) if text.get_text().strip()]
    assert len(texts) > 5 and min(text.get_fontsize() for text in texts) >= 9


@pytest.mark.parametrize("name", CHARTS)
def test_a_notebook_gets_an_image_with_alt_text(name):
    data, metadata = CHARTS[name]()._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert len(metadata["image/png"]["alt"]) > 40


@pytest.mark.parametrize(
    "draw", [latency_plot, memory_plot, workers_plot, partial(share_plot, styles=STYLES)]
)
def test_nothing_measured_is_an_empty_chart_and_not_a_crash(draw):
    skipped = make_measurement(backend="torch", status="skipped", cause="unavailable", note="not here")
    for measurements in ([], [skipped]):
        assert draw(measurements).png().startswith(b"\x89PNG")


def test_axes_carry_units():
    axes = latency_plot(four_styles(workers=(1,))).axes[0]
    assert axes.get_xlabel() == "picture size, MP" and axes.get_ylabel() == "latency, s"
    assert axes.get_xscale() == axes.get_yscale() == "log"
    ticks = [text.get_text() for text in axes.get_xticklabels()]
    assert ticks == ["0.5", "1", "2", "4", "12.2"]
    left, right = workers_plot(four_styles()).axes
    assert left.get_ylabel() == "throughput, images/s" and right.get_ylabel() == "parallel efficiency, %"
    assert memory_plot(four_styles()).axes[0].get_ylabel() == "peak memory, MB"


def test_the_legend_gives_the_exponent_and_its_band():
    legend = legend_of(latency_plot(four_styles(workers=(1,))))
    assert any(entry.startswith("oil_painting: 1.0") and "[1.0" in entry for entry in legend)


def test_a_failed_size_is_hollow_named_and_in_no_fit():
    right = [make_measurement(megapixels=size, jitter=1e-6) for size in (0.5, 1, 2, 4)]
    chart = latency_plot([*right, too_large(12.2, latency_s=0.001)])
    assert "hollow: time to a wrong picture" in legend_of(chart)
    assert any("1.04 [1.04, 1.04]" in entry for entry in legend_of(chart))
    (hollow,) = hollow_points(chart.axes[0])
    assert hollow[0] == pytest.approx(12.2, abs=0.1)
    fitted = [line for line in chart.axes[0].lines if len(line.get_xdata()) > 10]
    assert max(max(line.get_xdata()) for line in fitted) == pytest.approx(4, abs=0.1)
    assert legend_of(latency_plot(right))[-1] != "hollow: time to a wrong picture"


def test_a_suspect_point_is_marked():
    quiet, noisy = make_measurement(megapixels=1), make_measurement(megapixels=2, suspect=("steal 4 %",))
    chart = latency_plot([quiet, noisy])
    (mark,) = [text for text in chart.axes[0].texts if text.get_text() == "?"]
    assert mark.xy[0] == pytest.approx(2, abs=0.1)
    assert "suspect: the machine was not quiet" in legend_of(chart)
    assert legend_of(latency_plot([quiet])) == ["stylization: n/a"]


def test_three_sizes_are_no_fit():
    chart = latency_plot([make_measurement(megapixels=size) for size in (0.5, 1, 2)])
    assert legend_of(chart) == ["stylization: n/a"]
    assert "exponent n/a" in chart.alt


def test_series_differ_in_marker_as_well_as_in_colour():
    handles = latency_plot(four_styles(workers=(1,))).legends[0].legend_handles[:4]
    assert len({handle.get_marker() for handle in handles}) == 4
    assert len({to_hex(handle.get_color()) for handle in handles}) == 4


def test_intervals_are_drawn_only_where_there_are_any():
    with_interval = latency_plot([make_measurement(blocks=3)]).axes[0]
    without = latency_plot([make_measurement(blocks=2)]).axes[0]
    assert len(with_interval.containers) == 1 and len(without.containers) == 0


def test_workers_are_shown_at_the_largest_size_that_is_right():
    chart = workers_plot(four_styles(megapixels=(1, 4, 12.2), workers=(1, 2)))
    assert "4.0 MP" in chart.get_suptitle()
    assert "2 workers" in chart.alt and "(89 %)" in chart.alt
    assert "12.2 MP" in workers_plot(four_styles(), megapixels=12.2).get_suptitle()


def test_each_thread_count_is_a_line_of_its_own():
    legend = legend_of(workers_plot(four_styles(workers=(1, 2), threads=(1, 2))))
    assert "oil_painting, 1 thread" in legend and "oil_painting, 2 threads" in legend


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
    assert len(share_plot(three, styles=STYLES).axes[0].patches) == 0


def test_a_read_only_target_is_a_sentence(tmp_path):
    (tmp_path / "figures").write_text("a file is in the way")
    with pytest.raises(InvalidValue, match="cannot be written"):
        save(CHARTS["ratio"](), tmp_path / "figures", "ratio")


def test_no_global_state_is_touched():
    script = (
        "import matplotlib, sys; before = [matplotlib.rcParams[name] for name in ('font.size', 'axes.grid')]\n"
        "from tests.results.factory import four_styles\n"
        "from toolkit.results.plots.sizes import latency_plot\n"
        "latency_plot(four_styles()).png()\n"
        "assert [matplotlib.rcParams[name] for name in ('font.size', 'axes.grid')] == before\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[3], check=True)
