"""Plot latency and memory against picture size, and throughput against workers.

A measurement with a wrong picture is a hollow point, and no law is fitted to such measurements.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from toolkit.analysis.power_law import PowerLaw
from toolkit.analysis.stats import Estimate
from toolkit.core import units
from toolkit.results.plots import charts, lines, marks
from toolkit.results.plots.charts import Chart
from toolkit.results.plots.nothing import Nothing
from toolkit.results.rows.growth import fit_series
from toolkit.results.rows.quiet import busy_sentence
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import Series, Summary


def latency_plot(measurements: Iterable[Measured]) -> Chart | Nothing:
    """Plot latency against megapixels on log axes, with the fitted power law and the interval of its exponent.

    The shaded band is the 95 % prediction band for another size; error bars are 95 % intervals over blocks.
    """
    rows = [s for s in newest_rows(measurements) if s.latency.value > 0]
    laws = {key: law for key, (_, law) in fit_series(rows).items()}
    scale, unit = units.time_unit(s.latency.value for s in rows)
    return _size_plot(
        rows,
        lambda s: s.latency,
        factor=1 / scale,
        laws=laws,
        noun="Latency",
        axis=f"latency, {unit}",
        hollow=marks.WRONG_TIME,
        text=units.seconds,
    )


def memory_plot(measurements: Iterable[Measured]) -> Chart | Nothing:
    """Plot the peak memory of the whole process tree against megapixels on log axes."""
    return _size_plot(
        [s for s in newest_rows(measurements) if s.peak_bytes],
        lambda s: Estimate(float(s.peak_bytes or math.nan), None, None, 1, 1),
        factor=1e-6,
        noun="Peak memory of all processes",
        axis="peak memory, MB",
        hollow="memory for a wrong picture",
        text=units.byte_count,
    )


def workers_plot(measurements: Iterable[Measured], *, megapixels: float | None = None) -> Chart | Nothing:
    """Plot throughput and parallel efficiency against workers, a line for each operation and thread count.

    Parameters
    ----------
    megapixels : float, optional
        The picture size to show. Default: the size that was measured with the most different numbers of workers; if
        there are several such sizes, the largest size whose pictures are all right.
    """
    rows = [s for s in newest_rows(measurements) if s.throughput.value > 0]
    if not rows:
        return Nothing("Throughput against the number of workers")
    size = _workers_size(rows) if megapixels is None else megapixels
    rows = sorted((s for s in rows if math.isclose(_size(s), size, rel_tol=0.02)), key=_workers)
    is_busy = bool(busy_sentence(rows))
    curves = lines.curves_of(rows, series_of=lambda s: s.series._replace(workers=0))
    title = f"Throughput and parallel efficiency at {units.megapixels(size)} MP"
    with charts.drawing(3.5, ncols=2) as (chart, (left, right)):
        for curve in curves:
            lines.draw_curve(left, curve, x=_workers, y=lambda s: s.throughput)
            if not is_busy:
                lines.draw_curve(right, curve, x=_workers, y=lambda s: s.efficiency, factor=100)
        rates_ips = [s.throughput.value for s in rows]
        if rates_ips and max(rates_ips) > 10 * min(rates_ips):
            charts.log_axis(left.yaxis)
        else:
            left.set_ylim(bottom=0)
        left.set_ylabel("throughput, images/s")
        right.axhline(100, color=marks.GREY, linewidth=1, linestyle="--")
        right.set_ylim(0, max([115.0, *(105 * (s.efficiency.high or 0) for s in rows if s.efficiency)]))
        right.set_ylabel("no efficiency: the machine was busy" if is_busy else "parallel efficiency, %")
        for axes in (left, right):
            axes.set_xticks(sorted({s.trial.workers for s in rows}))
            axes.set_xlabel("workers (processes)")
            axes.margins(x=0.12)
        charts.add_title(chart, lines.title_of(title, curves))
        handles = [curve.mark.handle(curve.name) for curve in curves]
        charts.add_legend(chart, [*handles, *lines.mark_handles(rows, hollow="throughput of wrong pictures")])
    rates = (
        ", ".join(_rate_text(s, is_busy=is_busy) for s in curve.right) or "no right picture"
        for curve in curves
    )
    facts = (f"{curve.name}: {rate}" for curve, rate in zip(curves, rates, strict=True))
    chart.alt = charts.described(f"{title}, against the number of workers", facts)
    return chart


def _size_plot(
    rows: Sequence[Summary],
    value: Callable[[Summary], Estimate],
    *,
    factor: float,
    laws: Mapping[Series, PowerLaw | None] | None = None,
    noun: str,
    axis: str,
    hollow: str,
    text: Callable[[float], str],
) -> Chart | Nothing:
    """Plot a value of each row against picture size on log axes; with `laws`, the legend gives the laws' exponents.

    `factor` converts the value to the unit of the axis; `text` formats the value for the alt text.
    """
    if not rows:
        return Nothing(f"{noun} against picture size")
    curves = lines.curves_of(rows)
    about, subject = None, f"{noun} against picture size on log axes"
    names = [curve.name for curve in curves]
    if laws is not None:
        about = "exponent of the number of pixels [95 % interval]"
        subject = f"{subject}, with the {about}"
        names = [f"{curve.name}: {_exponent(laws[curve.series])}" for curve in curves]
    with charts.drawing(3.6) as (chart, axes):
        for curve in curves:
            law = laws[curve.series] if laws else None
            lines.draw_curve(axes, curve, x=_size, y=value, factor=factor, law=law)
        charts.size_axis(axes.xaxis, [_size(s) for s in rows])
        charts.log_axis(axes.yaxis)
        axes.set(xlabel="picture size, MP", ylabel=axis, title=lines.title_of(noun, curves))
        handles = [curve.mark.handle(name) for curve, name in zip(curves, names, strict=True)]
        charts.add_legend(chart, [*handles, *lines.mark_handles(rows, hollow=hollow)], title=about)
    ranges = (_range_text([value(s).value for s in curve.right], text) for curve in curves)
    facts = (f"{name}: {values}" for name, values in zip(names, ranges, strict=True))
    chart.alt = charts.described(subject, facts)
    return chart


def _workers_size(rows: Sequence[Summary]) -> float:
    """The picture size with the most measured numbers of workers; of several, the largest with right pictures."""
    of_size: dict[float, list[Summary]] = defaultdict(list)
    for s in rows:
        of_size[_size(s)].append(s)

    def rank(size: float) -> tuple[int, bool, float]:
        return len({s.trial.workers for s in of_size[size]}), all(s.is_ok for s in of_size[size]), size

    return max(of_size, key=rank, default=math.nan)


def _rate_text(s: Summary, *, is_busy: bool) -> str:
    efficiency = f" ({100 * s.efficiency.value:.0f} %)" if s.efficiency and not is_busy else ""
    return f"{units.workers_text(s.trial.workers)} {units.number(s.throughput.value)} images/s{efficiency}"


def _exponent(law: PowerLaw | None) -> str:
    return units.NOT_AVAILABLE if law is None else f"{law.exponent:.2f} [{law.low:.2f}, {law.high:.2f}]"


def _range_text(values: Sequence[float], text: Callable[[float], str]) -> str:
    return units.span(values, text) if values else "no right picture"


def _size(s: Summary) -> float:
    return s.trial.megapixels


def _workers(s: Summary) -> float:
    return s.trial.workers
