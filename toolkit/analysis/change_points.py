"""Find the run at which a series of repeated runs became slower or faster, one new run at a time.

Each run is judged only against the runs before it, as for an alert directly after the run. The runs since the
last change are divided into a baseline and the newest runs, of which there are 3 to 21. The newest runs are
compared with the level of the baseline in units of the scatter between runs. Three rules keep false alerts
rare:

* **Spikes.** The deviation of a run is limited to 2.6 standard deviations, and two thirds of the newest runs
  (at least three) must lie beyond half of the change. Level and scatter are estimated by robust statistics.
* **Weeks.** From two weeks of runs on, each weekday has its own level, which is shrunk towards the level of all days.
* **Few runs.** The fewer runs there are at a level or since a change, the larger the change that raises an alert.

Simulations (``make bench-history``) set the limit of the statistic: at most one false alert in 1000 runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from toolkit.analysis.change_point import ChangePoint
from toolkit.analysis.distributions import t_quantile
from toolkit.analysis.run_baselines import FULL_WEEKS, WEEK, Baselines, Bools, Integers, baselines
from toolkit.analysis.stats import LEVEL, FloatArray
from toolkit.core.errors import invalid

JUDGED_FROM = 10
"""Number of runs from which on a series can raise an alert: a series of fewer runs raises none."""

SMALLEST_CHANGE = 0.03
"""A change of the level by less than this fraction (3 %) raises no alert."""

_NEWEST = np.arange(3, 22)  # possible numbers of newest runs that are compared with the baseline
_LEAST_BASELINE = 7  # fewest runs in the first baseline; three runs are enough once the scatter is known
_LEAST_AFTER = 3
_CLIP = 2.6  # limit of a run's deviation, in standard deviations: a larger deviation counts as this limit
_DATING_CLIP = 6.0  # limit of a run's deviation, in standard deviations, while a change is dated
_LIMIT = 3.24  # value of the statistic above which a change raises an alert
_FEW = 3.0  # before the first change, _LIMIT is multiplied by 1 + _FEW / number of runs
_YOUNG = 9.0  # used instead of _FEW after a change, because the runs that raised the alert are extreme
_SHORT = 1.3  # added to _LIMIT if 3 newest runs are compared; a quarter of 1.3 for 4 runs, a ninth for 5
_SHARE = 0.65  # least share of the newest runs that lie beyond half of the change


def change_points(
    values: Sequence[float] | FloatArray,
    *,
    days: Sequence[int] | Integers | None = None,
    known: Sequence[ChangePoint] = (),
    n_judged: int = 0,
) -> list[ChangePoint]:
    """The changes of a series in the order in which they would have raised an alert.

    Parameters
    ----------
    values : sequence of float
        One time for each run, oldest first, in any unit, above 0. A value that is not finite or not above 0 (a run
        that failed) is no part of the series.
    days : sequence of int, optional
        Number of the day of each run, counted from any day; days that differ by 7 have the same weekday. By default
        there is one run on each day.
    known : sequence of ChangePoint, optional
        The changes that an earlier call found in the first `n_judged` values.
    n_judged : int
        Number of values at the beginning of `values` that an earlier call judged; they are not judged again.

    Returns
    -------
    list of ChangePoint
        The changes in `known`, then the changes in later values; the indices of runs count all `values`.

    Raises
    ------
    InvalidValue
        The lists `days` and `values` differ in length.

    Examples
    --------
    >>> level = [1.00, 1.02, 0.99, 1.01, 1.00, 0.98, 1.01, 1.00, 0.99, 1.02, 1.00, 1.01]
    >>> change_points(level)
    []
    >>> (change,) = change_points([*level, 1.15, 1.17, 1.14, 1.16, 1.15])
    >>> change.at, change.is_slower, round(change.ratio, 2)
    (12, True, 1.15)
    """
    given = np.asarray(values, dtype=np.float64).reshape(-1)
    numbers = np.arange(given.size) if days is None else np.asarray(days, dtype=np.int64).reshape(-1)
    if numbers.size != given.size:
        raise invalid("days", "change_points", "a list as long as values", (numbers.size, given.size))
    kept = np.flatnonzero(np.isfinite(given) & (given > 0))
    logs, weekdays = np.log(given[kept]), numbers[kept] % WEEK
    edges = [int(np.searchsorted(kept, change.at)) for change in known]
    found = list(known)
    since = int(np.searchsorted(kept, n_judged))
    while True:
        change = _next_change(logs, weekdays, edges, since=since)
        if change is None:
            return found
        edges.append(change.at)
        since = change.seen + 1
        at, earliest, latest, seen = (
            int(kept[place]) for place in (change.at, change.earliest, change.latest, change.seen)
        )
        ends = {"ratio": change.ratio, "low": change.low, "high": change.high}
        found.append(ChangePoint(at=at, earliest=earliest, latest=latest, seen=seen, **ends))


def _next_change(
    logs: FloatArray, weekdays: Integers, edges: Sequence[int], *, since: int
) -> ChangePoint | None:
    """The first change after those at `edges` that raises an alert at run `since` or later; None if no change does."""
    start = edges[-1] if edges else 0
    least = _LEAST_AFTER if edges else _LEAST_BASELINE
    since = max(since, JUDGED_FROM - 1)
    first = max(start + least, since + 1 - int(_NEWEST[-1]))
    if first + int(_NEWEST[0]) > logs.size:
        return None
    last = logs.size - int(_NEWEST[0])
    base = baselines(logs, weekdays, edges, first=first, last=last)
    scores = _scores(logs, weekdays, base)
    is_alert = _judged(scores, base, few=_YOUNG if edges else _FEW)
    # index of the newest run that each score uses
    ends = first + np.arange(base.level.size)[:, None] + _NEWEST - 1
    is_alert &= (ends >= since) & (ends < logs.size)
    if not bool(is_alert.any()):
        return None
    seen = int(ends[is_alert].min())
    rows, columns = np.nonzero(ends == seen)
    here = np.abs(_statistic(scores, base, clip=_DATING_CLIP)[1][rows, columns])
    best = int(np.argmax(here))
    row, n_newest = int(rows[best]), int(_NEWEST[columns[best]])
    return _described(base, scores, row=row, n_newest=n_newest, seen=seen, places=(rows + first, here))


def _judged(scores: FloatArray, base: Baselines, *, few: float) -> Bools:
    """Whether a change raises an alert, for each place (first run after the change) and each number of newest runs."""
    means, statistic = _statistic(scores, base, clip=_CLIP)
    limit = _LIMIT * (1 + few / base.n_level[:, None]) + _SHORT / (_NEWEST - 2) ** 2
    shifts = np.abs(means) * base.scatter[:, None]
    clipped = np.clip(scores, -_CLIP, _CLIP)
    is_large = (np.abs(statistic) >= limit) & (shifts >= SMALLEST_CHANGE)
    return np.asarray(is_large & _most_beyond(clipped, means))


def _statistic(scores: FloatArray, base: Baselines, *, clip: float) -> tuple[FloatArray, FloatArray]:
    """Mean of the newest runs, and mean divided by its standard error, for each place and number of newest runs."""
    clipped = np.clip(scores, -clip, clip)
    means = np.cumsum(clipped, axis=1)[:, _NEWEST - 1] / _NEWEST
    n_level, n_weekday = base.n_level[:, None], base.n_scatter[:, None] / WEEK
    week = np.minimum(_NEWEST, WEEK)
    variance = 1 / _NEWEST + 1 / n_level
    variance = variance + np.where(
        base.n_scatter[:, None] >= FULL_WEEKS, (WEEK - week) / ((WEEK - 1) * week * (n_weekday + 1)), 0.0
    )
    return means, means / np.sqrt(variance)


def _most_beyond(clipped: FloatArray, means: FloatArray) -> Bools:
    """Whether enough of the newest runs lie beyond half of the change, so that one or two spikes raise no alert."""
    needed = np.maximum(np.ceil(_SHARE * _NEWEST), 3)
    answers = np.zeros(means.shape, dtype=np.bool_)
    for column, n in enumerate(_NEWEST):
        half = means[:, column, None] / 2
        beyond = np.sign(half) * (clipped[:, :n] - half) >= 0
        answers[:, column] = np.count_nonzero(beyond, axis=1) >= needed[column]
    return answers


def _scores(logs: FloatArray, weekdays: Integers, base: Baselines) -> FloatArray:
    """Deviations, in standard deviations, of runs from the baseline that the runs before them give.

    Returns
    -------
    ndarray
        The deviation of each of the 21 runs that begin at each place (index of a run), shape ``(places, 21)``,
        float64; NaN after the last run.
    """
    n_newest = int(_NEWEST[-1])
    places = base.first + np.arange(base.level.size)
    index = places[:, None] + np.arange(n_newest)
    inside = index < logs.size
    index = np.minimum(index, logs.size - 1)
    expected = base.level[:, None] + np.take_along_axis(base.weekday, weekdays[index], axis=1)
    return np.where(inside, (logs[index] - expected) / base.scatter[:, None], np.nan)


def _described(
    base: Baselines,
    scores: FloatArray,
    *,
    row: int,
    n_newest: int,
    seen: int,
    places: tuple[Integers, FloatArray],
) -> ChangePoint:
    """The change at a run, with its size and the range of runs at which it may have begun (95 % confidence)."""
    newest, scatter = scores[row, :n_newest] * base.scatter[row], float(base.scatter[row])
    middle = float(np.median(newest))
    shift = middle + float(np.clip(newest - middle, -1.5 * scatter, 1.5 * scatter).mean())
    error = scatter * math.sqrt(1 / n_newest + 1 / float(base.n_level[row]))
    half = t_quantile((1 + LEVEL) / 2, max(1, int(base.n_scatter[row]) - 1)) * error
    at = base.first + row
    begins, statistic = places
    likelihood = np.exp((statistic**2 - float(statistic.max()) ** 2) / 2)
    order = np.argsort(-likelihood)
    needed = int(np.searchsorted(np.cumsum(likelihood[order]), LEVEL * float(likelihood.sum()))) + 1
    likely = begins[order[:needed]]
    return ChangePoint(
        at=at,
        earliest=min(at, int(likely.min())),
        latest=max(at, int(likely.max())),
        seen=seen,
        ratio=math.exp(shift),
        low=math.exp(shift - half),
        high=math.exp(shift + half),
    )
