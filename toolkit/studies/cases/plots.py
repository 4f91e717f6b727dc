"""The plot of a case study: the time of one picture with each procedure."""

from __future__ import annotations

from toolkit.core import units
from toolkit.results.plots import charts, marks
from toolkit.results.plots.charts import Chart
from toolkit.results.plots.marks import Mark
from toolkit.results.plots.nothing import Nothing
from toolkit.studies.cases.case_run import CaseRun
from toolkit.studies.cases.procedure import EXPLAINS, OURS, PUBLISHED
from toolkit.studies.cases.steps import NO_FINDINGS

_COLORS = {PUBLISHED: marks.COLORS[1], EXPLAINS: marks.GREY, OURS: marks.COLORS[0]}
_MEANING = {PUBLISHED: "as in the article", EXPLAINS: "one part of the article's change", OURS: "Atelier"}


def procedures_plot(run: CaseRun) -> Chart | Nothing:
    """Plot each procedure's time with its confidence interval; a hollow point marks a wrong picture."""
    title = f"Time of one picture{f' ({NO_FINDINGS})' if run.is_smoke else ''}"
    rows = [row for row in run.rows if row.is_timed]
    if not rows:
        return Nothing(title, "no procedure has a time")
    times = [row.time.scaled(1 / row.batch) for row in rows]
    scale, unit = units.time_unit([time.value for time in times])
    with charts.drawing(1.3 + 0.42 * len(rows)) as (chart, axes):
        for y, (row, time) in enumerate(zip(rows, times, strict=True)):
            shown = time.scaled(1 / scale)
            marks.draw_point(axes, shown, y, Mark(_COLORS[row.origin]), is_wrong=row.is_wrong)
            text = units.seconds(time.value) + (" (wrong picture)" if row.is_wrong else "")
            charts.write_beside(axes, text, (shown.high or shown.value, y), offset_pt=(7, 0))
        charts.log_axis(axes.xaxis)
        low = min(time.value for time in times) / scale
        high = max(time.value for time in times) / scale
        axes.set(
            xlim=(low / 1.5, 4 * high),
            xlabel=f"{unit} a picture (bars: 95 % confidence intervals)",
            title=title,
        )
        charts.name_rows(axes, [charts.fitted(row.words, 38) for row in rows])
        used = [origin for origin in _MEANING if any(row.origin == origin for row in rows)]
        charts.add_legend(chart, [Mark(_COLORS[origin], line="").handle(_MEANING[origin]) for origin in used])
    chart.alt = charts.described(
        title,
        (f"{row.words}: {units.seconds(time.value)}" for row, time in zip(rows, times, strict=True)),
    )
    return chart
