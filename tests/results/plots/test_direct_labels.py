"""Labels keep clear of points, lines, each other and the edge."""

from __future__ import annotations

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from toolkit.results.plots.charts import look, new_chart
from toolkit.results.plots.direct_labels import Label, place


def placed(labels, **given):
    """The axes, and the box of each label in pixels."""
    with look():
        chart = new_chart(4.0)
        axes = chart.subplots()
        axes.set(xlim=(0, 10), ylim=(0, 10))
        place(chart, axes, labels, **given)
        canvas = FigureCanvasAgg(chart)
        canvas.draw()
        for text in axes.texts:
            text.update_positions(canvas.get_renderer())
        return axes, [Text.get_window_extent(text) for text in axes.texts]


def label(x, y, text="a label", **given):
    return Label(x=x, y=y, text=text, radius_pt=5, **given)


def test_labels_of_close_points_do_not_overlap():
    _, boxes = placed([label(5 + n / 10, 5, f"label {n}") for n in range(6)])
    assert len(boxes) == 6
    assert not any(a.overlaps(b) for n, a in enumerate(boxes) for b in boxes[:n])


@pytest.mark.parametrize(("x", "y"), [(0, 0), (10, 10), (0, 10), (10, 5)])
def test_a_label_is_not_cut_off_at_the_edge(x, y):
    axes, (box,) = placed([label(x, y)])
    plane = axes.get_window_extent()
    assert plane.x0 <= box.x0 and box.x1 <= plane.x1 and plane.y0 <= box.y0 and box.y1 <= plane.y1


def test_a_label_keeps_clear_of_lines_and_of_points_without_a_label():
    line = ((0, 5), (10, 5))
    axes, (box,) = placed([label(5, 5), Label(x=5, y=6, text="", radius_pt=8)], lines=[line])
    assert not box.overlaps(Bbox(axes.transData.transform(line)))
    x, y = axes.transData.transform((5, 6))
    assert not box.contains(x, y)


def test_a_far_label_is_led_to_its_point_and_a_near_one_is_not():
    axes, _ = placed([label(5, 5, is_bold=True)])
    assert axes.texts[0].arrow_patch is None and axes.texts[0].get_fontweight() == "bold"
    crowd = [Label(x=5 + n / 4, y=5, text="", radius_pt=25) for n in (-2, 2)]
    axes, _ = placed([label(5, 5), *crowd])
    assert axes.texts[0].arrow_patch is not None
