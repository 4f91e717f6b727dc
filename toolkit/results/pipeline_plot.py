"""Where the time of one picture goes, drawn: a bar of stages for each row, and beside it what is paid once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from toolkit.core.measurement import Measurement
from toolkit.results import units
from toolkit.results.charts import COLORS, WRONG, Chart, add_title, fitted, look, new_chart
from toolkit.results.pipeline import ONCE, end_to_end_s, infer_share, pipeline_rows
from toolkit.results.rows import labels_of, title_of
from toolkit.results.summary import PIPELINE, Summary

_PICTURE = dict(zip(PIPELINE, (COLORS[5], COLORS[4], COLORS[0], COLORS[1], COLORS[2]), strict=True))
_ONCE = dict(zip(ONCE, ("#d9d9d9", COLORS[3], "#969696", "#525252"), strict=True))
_LABEL_CHARACTERS = 25


def pipeline_plot(measurements: Iterable[Measurement]) -> Chart:
    """For each row a bar of decode, preprocess, infer, postprocess and encode, ms, and one of import to first call, s.

    Rows without stages are left out; a failed row is hatched.
    """
    rows = pipeline_rows(measurements)
    labels = [fitted(label, _LABEL_CHARACTERS) for label in labels_of(rows)]
    lines = sum(label.count("\n") + 1.6 for label in labels)
    with look():
        chart = new_chart(1.9 + 0.165 * lines)
        picture, once = chart.subplots(1, 2, sharey=True, width_ratios=(1.5, 1))
        _bars(picture, rows, lambda s: s.pipeline_s, _PICTURE, 1e-3, _picture_text)
        _bars(once, rows, lambda s: s.stages_s, _ONCE, 1.0, lambda s, total: units.seconds(total))
        if not rows:
            picture.text(0.02, 0.4, "no row told its stages apart", transform=picture.transAxes)
        picture.set(xlabel="time a picture, ms")
        once.set(xlabel="paid once a process, s")
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
        f"{label}: {units.seconds(end_to_end_s(s))} from file to file, {units.percent(infer_share(s))} of it infer."
        for label, s in zip(labels_of(rows), rows, strict=True)
    )
    return chart


def _bars(
    axes: Axes,
    rows: Sequence[Summary],
    stages: Callable[[Summary], Mapping[str, float]],
    colors: Mapping[str, str],
    scale: float,
    text: Callable[[Summary, float], str],
) -> None:
    """A stacked bar for each row and at its end what it comes to."""
    totals = [sum(stages(s).get(stage, 0.0) for stage in colors) for s in rows]
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
    axes.set_xlim(0, 1.0 if not totals else 1.7 * max(totals) / scale)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)


def _picture_text(s: Summary, total: float) -> str:
    return f"{units.seconds(total)}, infer {units.percent(infer_share(s))}"
