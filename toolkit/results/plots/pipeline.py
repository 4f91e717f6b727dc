"""Plot the times of the stages of one picture, and of the stages of the start of a process, as stacked bars."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from toolkit.core import units
from toolkit.results.plots import charts, marks
from toolkit.results.plots.charts import Chart
from toolkit.results.plots.nothing import Nothing
from toolkit.results.rows.labels import labels_of, title_of
from toolkit.results.rows.order import fastest_first
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import Summary

_LABEL_CHARACTERS = 30
_LINE_IN = 0.16
_GAP_IN = 0.11
"""Gap between the labels of two rows, inches."""


def pipeline_plot(measurements: Iterable[Measured]) -> Chart | Nothing:
    """Plot for each measurement a bar of the stages from decode to encode, and a bar from import to the first call.

    Measurements without times of the stages are left out; the bars of a wrong picture are hatched.
    """
    rows = [s for s in fastest_first(newest_rows(measurements)) if s.pipeline_s]
    if not rows:
        return Nothing("Where the time goes", "no measurement has times of its stages")
    names = [[part for part in name if part] for name in labels_of(rows)]
    labels = [_label(name) for name in names]
    row_in = _GAP_IN + _LINE_IN * max(label.count("\n") + 1 for label in labels)
    title = title_of("Where the time goes", rows)
    handles = marks.color_handles({**marks.PIPELINE_COLORS, **marks.ONCE_COLORS})
    handles += marks.hatched_handles(rows)
    grid: dict[str, Any] = {"ncols": 2, "sharey": True, "width_ratios": (1.5, 1)}
    with charts.drawing(1.4 + row_in * len(rows), **grid) as (chart, (picture, once)):
        unit = _draw_bars(picture, rows, [s.pipeline_s for s in rows], marks.PIPELINE_COLORS, _picture_text)
        picture.set(xlabel=f"time per picture, {unit}")
        unit = _draw_bars(
            once, rows, [s.stages_s for s in rows], marks.ONCE_COLORS, lambda s, total: units.seconds(total)
        )
        once.set(xlabel=f"start of a process, {unit}")
        charts.name_rows(picture, labels)
        charts.add_title(chart, title)
        charts.add_legend(chart, handles)
    facts = (
        f"{' '.join(name)}: {units.seconds(s.end_to_end_s)} from file to file, "
        f"{units.percent(s.infer_share)} of this time in stage infer"
        for name, s in zip(names, rows, strict=True)
    )
    chart.alt = charts.described(title, facts)
    return chart


def _label(name: Sequence[str]) -> str:
    """Model and backend on one line, or on two lines if one line would be too long."""
    whole = " ".join(name)
    return whole if len(whole) <= _LABEL_CHARACTERS else charts.fitted("\n".join(name), _LABEL_CHARACTERS)


def _draw_bars(
    axes: Axes,
    rows: Sequence[Summary],
    stages_s: Sequence[Mapping[str, float]],
    colors: Mapping[str, str],
    text: Callable[[Summary, float], str],
) -> str:
    """Draw a stacked bar of the stages of each row, with a text at its end; returns the axis' unit of time."""
    shown = [{stage: taken.get(stage, 0.0) for stage in colors} for taken in stages_s]
    totals_s = [sum(taken.values()) for taken in shown]
    scale, unit = units.time_unit(totals_s)
    for y, (s, taken, total_s) in enumerate(zip(rows, shown, totals_s, strict=True)):
        scaled = {stage: value / scale for stage, value in taken.items()}
        marks.draw_stack(axes, y, scaled, colors, wrong=colors if s.is_failed else ())
        charts.write_beside(axes, text(s, total_s), (total_s / scale, y), offset_pt=(4, 0), fontsize=9)
    axes.set_xlim(0, 1.8 * max(totals_s) / scale if totals_s else 1.0)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    return unit


def _picture_text(s: Summary, total_s: float) -> str:
    return f"{units.seconds(total_s)}, infer {units.percent(s.infer_share)}"
