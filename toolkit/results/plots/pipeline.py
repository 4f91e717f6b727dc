"""Where the time of one picture goes, drawn: a bar of stages for each row, and beside it what is paid once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from toolkit.contracts.measurement import PIPELINE, Measurement
from toolkit.core import units
from toolkit.results.plots.charts import COLORS, WRONG, Chart, add_title, fitted, look, new_chart
from toolkit.results.rows.naming import labels_of, title_of
from toolkit.results.rows.pipeline import ONCE, end_to_end_s, infer_share, pipeline_rows
from toolkit.results.rows.summary import Summary

_PICTURE = dict(zip(PIPELINE, (COLORS[5], COLORS[4], COLORS[0], COLORS[1], COLORS[2]), strict=True))
_ONCE = dict(zip(ONCE, ("#d9d9d9", COLORS[3], "#969696", "#525252"), strict=True))
_LABEL_CHARACTERS = 30
_LINE_IN = 0.16
_GAP_IN = 0.11
"""Between the labels of two rows."""


def pipeline_plot(measurements: Iterable[Measurement]) -> Chart:
    """For each row a bar of decode, preprocess, infer, postprocess and encode, ms, and one of import to first call, s.

    Rows without stages are left out; a failed row is hatched.
    """
    rows = pipeline_rows(measurements)
    names = [list(filter(None, name)) for name in labels_of(rows)]
    labels = [_label(name) for name in names]
    row_in = _GAP_IN + _LINE_IN * max((label.count("\n") + 1 for label in labels), default=1)
    scale, unit = units.time_unit(end_to_end_s(s) for s in rows)
    scale_once, unit_once = units.time_unit(_total(s.stages_s, _ONCE) for s in rows)
    with look():
        chart = new_chart(1.9 + row_in * len(rows))
        picture, once = chart.subplots(1, 2, sharey=True, width_ratios=(1.5, 1))
        _bars(picture, rows, lambda s: s.pipeline_s, _PICTURE, scale, _picture_text)
        _bars(once, rows, lambda s: s.stages_s, _ONCE, scale_once, lambda s, total: units.seconds(total))
        if not rows:
            picture.text(0.02, 0.4, "no row told its stages apart", transform=picture.transAxes)
        picture.set(xlabel=f"time a picture, {unit}")
        once.set(xlabel=f"paid once a process, {unit_once}")
        picture.set_yticks(range(len(labels)), labels)
        picture.set_ylim(len(labels) - 0.4, -0.6)
        add_title(chart, title_of("Where the time goes", rows))
        handles = [Patch(facecolor=color, label=stage) for stage, color in {**_PICTURE, **_ONCE}.items()]
        if any(s.is_failed for s in rows):
            handles.append(Patch(facecolor="white", edgecolor="#555555", hatch="///", label=WRONG))
        chart.legend(
            handles=handles, loc="outside lower center", ncols=5, columnspacing=1.2, handlelength=1.2
        )
    chart.alt = f"{title_of('Where the time goes', rows)}. " + " ".join(
        f"{' '.join(name)}: {units.seconds(end_to_end_s(s))} from file to file, "
        f"{units.percent(infer_share(s))} of it infer."
        for name, s in zip(names, rows, strict=True)
    )
    return chart


def _label(name: Sequence[str]) -> str:
    """Model and way on one line, or each on its own."""
    whole = " ".join(name)
    return whole if len(whole) <= _LABEL_CHARACTERS else fitted("\n".join(name), _LABEL_CHARACTERS)


def _bars(
    axes: Axes,
    rows: Sequence[Summary],
    stages: Callable[[Summary], Mapping[str, float]],
    colors: Mapping[str, str],
    scale: float,
    text: Callable[[Summary, float], str],
) -> None:
    """A stacked bar for each row and at its end what it comes to."""
    totals = [_total(stages(s), colors) for s in rows]
    for y, (s, total) in enumerate(zip(rows, totals, strict=True)):
        left = 0.0
        for stage, color in colors.items():
            width = stages(s).get(stage, 0.0) / scale
            face = "white" if s.is_failed else color
            hatch = "///" if s.is_failed else ""
            axes.barh(
                y, width, left=left, height=0.66, color=face, edgecolor=color, linewidth=0.5, hatch=hatch
            )
            left += width
        axes.annotate(
            text(s, total), (left, y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=9
        )
    axes.set_xlim(0, 1.0 if not totals else 1.8 * max(totals) / scale)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)


def _total(stages_s: Mapping[str, float], shown: Iterable[str]) -> float:
    return sum(stages_s.get(stage, 0.0) for stage in shown)


def _picture_text(s: Summary, total: float) -> str:
    return f"{units.seconds(total)}, infer {units.percent(infer_share(s))}"
