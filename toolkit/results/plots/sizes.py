"""Measurements as charts. A failed point is drawn hollow, as a time to a wrong picture, and is in no fit."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from toolkit.analysis.scaling import PowerLaw
from toolkit.analysis.stats import Estimate
from toolkit.contracts.measurement import Measurement
from toolkit.core import units
from toolkit.results.plots import lines
from toolkit.results.plots.bars import ratio_plot, share_plot
from toolkit.results.plots.charts import WRONG, Chart, log_axis, look, new_chart, save, size_axis
from toolkit.results.rows.summary import Series, Summary, fit_series, newest, summarise

__all__ = ["latency_plot", "memory_plot", "ratio_plot", "save", "share_plot", "workers_plot"]


def latency_plot(measurements: Iterable[Measurement]) -> Chart:
    """Latency against megapixels on log axes, with the fitted power law and the band of its exponent.

    The shaded band is where a further size is expected (95 %); bars are 95 % intervals over blocks.
    """
    rows = [s for s in summarise(newest(measurements)) if _positive(s.latency.value)]
    fits = fit_series(rows)
    styles = lines.styles_of(list(fits))
    scale, unit = units.time_unit(s.latency.value for s in rows)
    handles = [styles[key].handle(f"{styles[key].label}: {_exponent(law)}") for key, (_, law) in fits.items()]
    handles += lines.mark_handles(rows, hollow=WRONG)
    with look():
        chart = new_chart(3.7 + lines.legend_height_in(handles))
        axes = chart.subplots()
        for key, (points, law) in fits.items():
            every = [s for s in rows if s.series == key]
            lines.draw_points(axes, every, _size, lambda s: s.latency, 1 / scale, styles[key])
            if law is not None:
                lines.draw_law(axes, [_size(s) for s in points], law, 1 / scale, styles[key])
            else:
                lines.draw_joined(axes, points, _size, lambda s: s.latency.value / scale, styles[key])
        size_axis(axes.xaxis, [_size(s) for s in rows])
        log_axis(axes.yaxis)
        axes.set(
            xlabel="picture size, MP", ylabel=f"latency, {unit}", title=lines.title_of("Latency", list(fits))
        )
        lines.add_legend(chart, handles, title="exponent of latency against pixels [95 % band]")
    chart.alt = "Latency against picture size on log axes. " + " ".join(
        f"{styles[key].label}: exponent {_exponent(law)}, "
        f"{_range_text([s.latency.value for s in points], units.seconds)}."
        for key, (points, law) in fits.items()
    )
    return chart


def memory_plot(measurements: Iterable[Measurement]) -> Chart:
    """Peak memory of the whole process tree against megapixels, log axes."""
    rows = [s for s in summarise(newest(measurements)) if s.peak_bytes]
    series = list(dict.fromkeys(s.series for s in rows))
    styles = lines.styles_of(series)
    handles = [styles[key].handle(styles[key].label) for key in series]
    handles += lines.mark_handles(rows, hollow="memory for a wrong picture")
    with look():
        chart = new_chart(3.6 + lines.legend_height_in(handles))
        axes = chart.subplots()
        for key in series:
            every = [s for s in rows if s.series == key]
            lines.draw_points(axes, every, _size, _peak, 1e-6, styles[key])
            lines.draw_joined(axes, every, _size, lambda s: _peak(s).value / 1e6, styles[key])
        size_axis(axes.xaxis, [_size(s) for s in rows])
        log_axis(axes.yaxis)
        title = lines.title_of("Peak memory of all processes", series)
        axes.set(xlabel="picture size, MP", ylabel="peak memory, MB", title=title)
        lines.add_legend(chart, handles)
    chart.alt = "Peak memory of all processes against picture size on log axes. " + " ".join(
        f"{styles[key].label}: {_range_text([_peak(s).value for s in rows if s.series == key], units.byte_count)}."
        for key in series
    )
    return chart


def workers_plot(measurements: Iterable[Measurement], *, megapixels: float | None = None) -> Chart:
    """Throughput and parallel efficiency against workers, a line for each operation and thread count.

    Parameters
    ----------
    megapixels : float, optional
        The size to show. Default: the one with the most numbers of workers; of several, the largest whose
        pictures are all right.
    """
    rows = [s for s in summarise(newest(measurements)) if _positive(s.throughput.value)]
    size = _workers_size(rows) if megapixels is None else megapixels
    rows = [s for s in rows if math.isclose(_size(s), size, rel_tol=0.02)]
    groups: dict[Series, list[Summary]] = defaultdict(list)
    for s in sorted(rows, key=_workers):
        groups[s.series._replace(workers=0)].append(s)
    styles = lines.styles_of(list(groups))
    handles = [styles[key].handle(styles[key].label) for key in groups]
    handles += lines.mark_handles(rows, hollow="rate of wrong pictures")
    with look():
        chart = new_chart(3.5 + lines.legend_height_in(handles))
        left, right = chart.subplots(1, 2)
        for key, every in groups.items():
            ok_rows, style = [s for s in every if s.is_ok], styles[key]
            lines.draw_points(left, every, _workers, lambda s: s.throughput, 1.0, style)
            lines.draw_joined(left, ok_rows, _workers, lambda s: s.throughput.value, style)
            held = [s for s in ok_rows if s.efficiency is not None]
            lines.draw_points(right, held, _workers, _efficiency, 100.0, style)
            lines.draw_joined(right, held, _workers, lambda s: 100 * _efficiency(s).value, style)
        for axes in (left, right):
            axes.set_xticks(sorted({s.trial.workers for s in rows}))
            axes.set_xlabel("workers (processes)")
            axes.margins(x=0.12)
        values = [s.throughput.value for s in rows]
        if values and max(values) > 10 * min(values):
            log_axis(left.yaxis)
        else:
            left.set_ylim(bottom=0)
        right.axhline(100, color="#777777", linewidth=1, linestyle="--")
        right.set_ylim(0, max([115.0, *(105 * (_efficiency(s).high or 0) for s in rows if s.efficiency)]))
        title = lines.title_of(
            f"Throughput and parallel efficiency at {units.megapixels(size)} MP", list(groups)
        )
        chart.suptitle(title, x=0.015, ha="left", fontsize=11, fontweight="bold")
        left.set_ylabel("throughput, images/s")
        right.set_ylabel("parallel efficiency, %")
        lines.add_legend(chart, handles)
    chart.alt = (
        f"Throughput and parallel efficiency against workers at {units.megapixels(size)} MP. "
        + " ".join(
            f"{styles[key].label}: {', '.join(_rate_text(s) for s in every if s.is_ok) or 'no right picture'}."
            for key, every in groups.items()
        )
    )
    return chart


def _workers_size(rows: Sequence[Summary]) -> float:
    sizes = {_size(s) for s in rows}
    counts = {size: len({s.trial.workers for s in rows if _size(s) == size}) for size in sizes}
    right = {size: all(s.is_ok for s in rows if _size(s) == size) for size in sizes}
    return max(sizes, key=lambda size: (counts[size], right[size], size), default=math.nan)


def _rate_text(s: Summary) -> str:
    efficiency = f" ({100 * s.efficiency.value:.0f} %)" if s.efficiency else ""
    return f"{units.workers_text(s.trial.workers)} {units.number(s.throughput.value)} images/s{efficiency}"


def _exponent(law: PowerLaw | None) -> str:
    return units.NOT_AVAILABLE if law is None else f"{law.exponent:.2f} [{law.low:.2f}, {law.high:.2f}]"


def _range_text(values: Sequence[float], show: Callable[[float], str]) -> str:
    return f"{show(min(values))} to {show(max(values))}" if values else "no right picture"


def _size(summary: Summary) -> float:
    return summary.trial.megapixels


def _workers(summary: Summary) -> float:
    return summary.trial.workers


def _peak(summary: Summary) -> Estimate:
    return Estimate(float(summary.peak_bytes or math.nan), None, None, 1, 1)


def _efficiency(summary: Summary) -> Estimate:
    return summary.efficiency or Estimate(math.nan, None, None, 0, 0)


def _positive(value: float) -> bool:
    return math.isfinite(value) and value > 0
