"""Plot the encoding time and the file size of one picture for each file format and setting."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.core import units
from toolkit.results.plots import charts, marks
from toolkit.results.plots.charts import Chart
from toolkit.results.plots.nothing import Nothing
from toolkit.results.tables.encodings import Encoding

_PANELS_IN, _ROW_IN = 1.0, 0.27
_MOST_TICKS = 4


def encodings_plot(
    encodings: Sequence[Encoding], *, title: str = "One picture in each format"
) -> Chart | Nothing:
    """Plot the encoding time, and beside it the file size with the PSNR, as a point for each format and setting.

    Parameters
    ----------
    encodings : sequence of Encoding
        Time, file size and PSNR of each format and setting.
    title : str
        Title of the chart.
    """
    if not encodings:
        return Nothing(title, "no setting was measured")
    formats = list(dict.fromkeys(_format(one) for one in encodings))
    colors = [marks.COLORS[formats.index(_format(one))] for one in encodings]
    height_in = _PANELS_IN + _ROW_IN * len(encodings)
    with charts.drawing(height_in, ncols=2, sharey=True) as (chart, (time_axes, size_axes)):
        times = [one.encode_s * 1e3 for one in encodings]
        sizes = [one.size_bytes / 1e3 for one in encodings]
        losses = ["lossless" if one.psnr_db is None else f"{one.psnr_db:.1f} dB" for one in encodings]
        for axes, values, texts, label in (
            (time_axes, times, [units.number(value) for value in times], "encode, ms"),
            (size_axes, sizes, losses, "size, kB (with the PSNR)"),
        ):
            axes.scatter(values, range(len(values)), s=42, color=colors, zorder=3)
            for y, (value, text) in enumerate(zip(values, texts, strict=True)):
                charts.write_beside(axes, text, (value, y), offset_pt=(7, 0), fontsize=8)
            charts.log_axis(axes.xaxis)
            ticks = axes.get_xticks()
            if len(ticks) > _MOST_TICKS:
                axes.set_xticks(ticks[::2], [f"{tick:g}" for tick in ticks[::2]])
            axes.set(xlim=(min(values) / 1.5, 5 * max(values)), xlabel=label)
        charts.name_rows(time_axes, [f"{one.name}{' *' * one.is_default}" for one in encodings])
        charts.add_title(chart, f"{title} (*: the default)")
    chart.alt = charts.described(
        title,
        (
            f"{one.name}: {units.seconds(one.encode_s)}, {units.byte_count(one.size_bytes)}, {loss}"
            for one, loss in zip(encodings, losses, strict=True)
        ),
    )
    return chart


def _format(one: Encoding) -> str:
    return one.name.partition(" ")[0].rstrip(",")
