"""How every chart is made, described, saved and shown in a notebook."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from matplotlib.text import Text

from tests.results.drawn import has_white_edges, legend_of, pixels_of
from tests.results.factory import PER_MP_S, four_styles
from toolkit.analysis.stats import geometric_mean
from toolkit.core.errors import InvalidValue
from toolkit.results.plots import charts, latency_plot, memory_plot, ratio_plot, share_plot, workers_plot
from toolkit.results.plots.marks import Mark

RATIOS = {"two threads / one": geometric_mean([0.52, 0.53, 0.55]), "one block": geometric_mean([1.1])}
CHARTS = {
    "latency": lambda: latency_plot(four_styles()),
    "memory": lambda: memory_plot(four_styles()),
    "workers": lambda: workers_plot(four_styles(megapixels=(1, 4, 12.2), workers=(1, 2, 4), threads=(1, 2))),
    "share": lambda: share_plot(four_styles(), styles=tuple(PER_MP_S)),
    "ratio": lambda: ratio_plot(RATIOS),
}


@pytest.mark.parametrize("name", CHARTS)
def test_charts_are_saved_as_png_and_svg_with_their_alt_text(name, tmp_path):
    chart = CHARTS[name]()
    png, svg = charts.save(chart, tmp_path / "figures", name)
    assert png.read_bytes().startswith(b"\x89PNG") and png.name == f"{name}.png"
    assert "<svg" in svg.read_text() and chart.alt[:40] in svg.read_text()
    assert charts.save(CHARTS[name](), tmp_path / "again", name)[1].read_bytes() == svg.read_bytes()


@pytest.mark.parametrize("name", [*CHARTS, "long names"])
def test_nothing_is_clipped_and_text_is_large_enough_at_half_size(name):
    chart = CHARTS[name]() if name in CHARTS else latency_plot(four_styles(workers=(1, 2), threads=(1, 2)))
    assert pixels_of(chart).shape[1] == 7 * 150 and has_white_edges(chart)
    texts = [text for text in chart.findobj(Text) if text.get_text().strip()]
    assert len(texts) > 5 and min(text.get_fontsize() for text in texts) >= 9


@pytest.mark.parametrize("name", CHARTS)
def test_a_notebook_gets_an_image_with_alt_text(name):
    data, metadata = CHARTS[name]()._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert len(metadata["image/png"]["alt"]) > 40


def test_a_read_only_target_is_a_sentence(tmp_path):
    (tmp_path / "figures").write_text("a file is in the way")
    with pytest.raises(InvalidValue, match="cannot be written"):
        charts.save(CHARTS["ratio"](), tmp_path / "figures", "ratio")


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


@pytest.mark.parametrize("length", [3, 14, 25, 120])
def test_a_legend_has_as_many_columns_as_fit_and_makes_the_chart_taller(length):
    labels = [str(number) + "x" * length for number in range(8)]
    with charts.look():
        chart = charts.new_chart(2.0)
        chart.subplots()
        charts.add_legend(chart, [Mark("black").handle(label) for label in labels])
    assert legend_of(chart) == labels
    assert chart.legends[0]._ncols == {3: 5, 14: 3, 25: 2, 120: 1}[length]
    assert chart.get_figheight() > 2.3
