"""Plot the workers' time in each stage of a batch as bars."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.core import units
from toolkit.results.plots import charts, marks
from toolkit.results.plots.charts import Chart
from toolkit.results.plots.nothing import Nothing
from toolkit.results.tables.batch import BATCH_STAGES


def batch_stages_plot(stages_s: Mapping[str, float]) -> Chart | Nothing:
    """Plot one bar for each stage from read to write, with the stage's share of the workers' time.

    Parameters
    ----------
    stages_s : mapping of str to float
        Seconds of each stage, summed over the pictures; a stage that did not take place has no bar.
    """
    title = "Time of the workers by stage"
    shown = {name: stages_s[name] for name in BATCH_STAGES if name in stages_s}
    total_s = sum(shown.values())
    if not total_s:
        return Nothing(title, "this run processed no picture")
    scale, unit = units.time_unit(shown.values())
    texts = [f"{units.seconds(value)}, {units.percent(value / total_s)}" for value in shown.values()]
    longest = max(shown.values())
    colors = [marks.COLORS[1] if value == longest else marks.COLORS[0] for value in shown.values()]
    with charts.drawing(0.9 + 0.36 * len(shown)) as (chart, axes):
        widths = [value / scale for value in shown.values()]
        axes.barh(range(len(shown)), widths, height=0.6, color=colors)
        for y, (width, text) in enumerate(zip(widths, texts, strict=True)):
            charts.write_beside(axes, text, (width, y), offset_pt=(4, 0), fontsize=9)
        charts.name_rows(axes, list(shown))
        axes.set(xlim=(0, 1.3 * longest / scale), xlabel=f"time of all pictures, {unit}", title=title)
    facts = (f"{name}: {text}" for name, text in zip(shown, texts, strict=True))
    chart.alt = charts.described(title, facts)
    return chart
