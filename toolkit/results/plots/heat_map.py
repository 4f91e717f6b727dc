"""Plot throughput over workers and threads as a heat map, one panel for each operation, size and executor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from toolkit.core import units
from toolkit.results.plots import charts
from toolkit.results.plots.charts import Chart
from toolkit.results.plots.marks import INK
from toolkit.results.plots.nothing import Nothing
from toolkit.results.rows.quiet import busy_sentence
from toolkit.results.rows.rates import RateTable, rate_tables
from toolkit.results.rows.summarising import Measured, newest_rows

_COLORS = "Blues"
_DARKEST = 0.5
"""Colour of the highest throughput, as a fraction of the colour scale, so that black text stays readable on it."""
_HATCH = "///"
_SHARED_LOOK: dict[str, Any] = {
    "hatch": _HATCH,
    "fill": False,
    "edgecolor": INK,
    "linewidth": 0,
    "alpha": 0.35,
}


def heat_map_plot(measured: Iterable[Measured]) -> Chart | Nothing:
    """Plot images/s for each number of workers and threads; hatched cells have more threads than physical cores.

    The highest throughput is bold, and a combination that was not measured has a predicted throughput in
    parentheses. If the machine was busy, no throughput is bold or predicted. An operation with a single number of
    threads or of workers has no panel.
    """
    rows = newest_rows(measured)
    tables = [table for table in rate_tables(rows) if _is_grid(table)]
    if not tables:
        why = "no operation was measured with several numbers of workers and several numbers of threads"
        return Nothing("Throughput over workers and threads", why)
    return draw_heat_map(tables, busy=busy_sentence(rows))


def draw_heat_map(tables: Sequence[RateTable], *, busy: str = "") -> Chart:
    """Draw a panel for each table; with `busy`, a sentence about a busy machine, no throughput is marked as best."""
    widest = max(len({point.workers for point in table.points}) for table in tables)
    n_columns = min(3 if widest <= 4 else 2 if widest <= 7 else 1, len(tables))
    n_rows = -(-len(tables) // n_columns)
    height_in = 0.5 + n_rows * (1.2 + 0.4 * max(len(table.threads) for table in tables))
    title = f"Throughput over workers and threads, images/s{' (the machine was busy: no best marked)' if busy else ''}"
    has_several = len({table.executor for table in tables}) > 1
    names = [_name(table, with_executor=has_several) for table in tables]
    with charts.drawing(height_in, nrows=n_rows, ncols=n_columns, squeeze=False) as (chart, grid):
        for axes, name, table in zip(grid.flat, names, tables, strict=False):
            _draw_panel(axes, table, is_ranked=not busy)
            axes.set_title(charts.fitted(name, 66 // n_columns), fontsize=9)
        for axes in grid.flat[len(tables) :]:
            axes.set_axis_off()
        charts.add_title(chart, title)
        if handles := _handles(tables, is_ranked=not busy):
            charts.add_legend(chart, handles)
    facts = (
        f"{name}: {units.workers_text(point.workers)} of {units.threads_text(point.threads)} "
        f"{units.number(point.rate.value)}"
        for name, table in zip(names, tables, strict=True)
        for point in table.points
    )
    chart.alt = charts.described(title, facts)
    return chart


def _draw_panel(axes: Axes, table: RateTable, *, is_ranked: bool) -> None:
    workers = sorted({point.workers for point in table.points})
    measured = {(point.workers, point.threads): point.rate.value for point in table.points}
    predicted = table.predicted_ips() if is_ranked else {}
    best = max(measured.values())
    top = max([best, *predicted.values()])
    shares = np.full((len(table.threads), len(workers)), np.nan)
    for (count, threads), rate in [*measured.items(), *predicted.items()]:
        row, column = table.threads.index(threads), workers.index(count)
        shares[row, column] = rate / top
        is_measured = (count, threads) in measured
        weight = "bold" if is_ranked and is_measured and rate == best else "normal"
        if table.cores is not None and count * threads > table.cores:
            axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, **_SHARED_LOOK))
        text = units.number(rate) if is_measured else f"({units.number(rate)})"
        axes.text(column, row, text, ha="center", va="center", fontsize=9, fontweight=weight)
    axes.imshow(shares, cmap=_COLORS, vmin=0, vmax=1 / _DARKEST, aspect="auto", origin="lower")
    axes.set_xticks(range(len(workers)), [str(count) for count in workers])
    axes.set_yticks(range(len(table.threads)), [str(count) for count in table.threads])
    axes.grid(visible=False)
    axes.set_xlabel("workers")
    axes.set_ylabel("threads each")


def _handles(tables: Sequence[RateTable], *, is_ranked: bool) -> list[Artist]:
    handles: list[Artist] = []
    if any(not table.has_cores_for(point) for table in tables for point in table.points):
        label = "more threads than physical cores"
        handles.append(Patch(facecolor="white", edgecolor=INK, hatch=_HATCH, label=label))
    if is_ranked and any(table.predicted_ips() for table in tables):
        handles.append(Line2D([], [], linestyle="none", label="(in parentheses): predicted, not measured"))
    return handles


def _name(table: RateTable, *, with_executor: bool) -> str:
    size = "" if table.megapixels is None else f"{units.megapixels(table.megapixels)}\u00a0MP"
    job = f"{table.name} {table.settings}".strip()
    return ", ".join(filter(None, (job, table.executor if with_executor else "", size)))


def _is_grid(table: RateTable) -> bool:
    return len(table.threads) > 1 and len({point.workers for point in table.points}) > 1
