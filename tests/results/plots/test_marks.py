"""One meaning of each colour, marker and hollow shape in all charts."""

from __future__ import annotations

import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from tests.results.factory import make_measurement
from tests.results.model_rows import model_row
from toolkit.analysis.stats import Estimate
from toolkit.results.plots import backend_plot, latency_plot, marks, pareto_plot
from toolkit.results.plots.marks import COLORS, Mark

INTERVAL = Estimate(2.0, 1.5, 3.0, 3, 30)


@pytest.fixture
def axes():
    return Figure().subplots()


@pytest.mark.parametrize("draw", [backend_plot, latency_plot, pareto_plot])
def test_a_backend_has_the_same_colour_in_every_chart(draw):
    backends = ("numba", "onnxruntime", "torch")
    rows = [model_row("fsrcnn", name, latency_ms=9, psnr_db=60, max_abs=1) for name in backends]
    handles = {
        handle.get_label(): to_hex(handle.get_color()) for handle in draw(rows).legends[0].legend_handles
    }
    for name, color in marks.backend_colors(backends).items():
        (of_label,) = [drawn for label, drawn in handles.items() if name in label]
        assert of_label == color.lower()


def test_backends_of_plug_ins_take_colours_that_are_free():
    found = marks.backend_colors(["torch", "mine", *"abcdefgh"])
    assert found["torch"] == COLORS[1] and found["mine"] not in (COLORS[1],)
    assert list(found) == sorted(found)


def test_names_are_coloured_in_alphabetical_order_and_colours_start_again():
    assert marks.colors_of("cab") == {"a": COLORS[0], "b": COLORS[1], "c": COLORS[2]}
    assert marks.colors_of("abcdefgh")["h"] == COLORS[0]


def test_a_point_has_the_interval_of_its_estimate(axes):
    marks.draw_point(axes, INTERVAL, 7, Mark("#009E73"))
    (bar,) = axes.collections
    assert bar.get_segments()[0].tolist() == [[1.5, 7.0], [3.0, 7.0]]
    assert axes.lines[-1].get_markerfacecolor() == "#009E73"


@pytest.mark.parametrize(
    ("x", "is_wrong"), [(INTERVAL, True), (2.0, False), (Estimate(2.0, None, None, 1, 9), False)]
)
def test_a_wrong_picture_and_a_plain_number_have_no_interval(axes, x, is_wrong):
    marks.draw_point(axes, x, 7, Mark("#009E73"), is_wrong=is_wrong)
    assert not axes.collections
    assert (to_hex(axes.lines[0].get_markerfacecolor()) == "#ffffff") == is_wrong


def test_parts_of_a_stack_lie_beside_each_other_and_wrong_ones_are_hatched(axes):
    marks.draw_stack(axes, 0, {"a": 2.0, "b": 3.0}, {"a": "#009E73", "b": "#D55E00"}, wrong={"b"})
    assert [(bar.get_x(), bar.get_width(), bool(bar.get_hatch())) for bar in axes.patches] == [
        (0, 2, False),
        (2, 3, True),
    ]


def test_the_colours_of_rows_do_not_depend_on_their_order():
    rows = [make_measurement(backend=name) for name in ("opencv", "numba")]
    one, other = (
        {handle.get_label(): handle.get_color() for handle in latency_plot(given).legends[0].legend_handles}
        for given in (rows, rows[::-1])
    )
    assert one == other
