"""Predict the next run of a series: from a level, a level for each weekday, and the scatter between runs.

All estimates are robust, and are computed for each place (index of a run) from the runs before this place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.analysis.stats import FloatArray

WEEK = 7
FULL_WEEKS = 14
"""Number of runs in a series from which on each weekday has its own level."""

_LOOK_BACK = 70  # largest number of runs in the baseline: ten weeks with a run every night
_PRIOR = 0.02  # prior value of the scatter; it counts as much as _PRIOR_RUNS measured runs
_PRIOR_RUNS = 28
_LEAST_SCATTER = 0.005
_SHRINK = 0.3  # in a weekday's level, the level of all days counts as much as this number of runs
_MAD_TO_SD = 1.4826
_CLIPPED_VARIANCE = 0.9205  # variance of a standard normal variable that is clipped at -2 and 2

Bools = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Baselines:
    """The predictions of the next run at each place (index of a run): entry i uses only the runs before ``first + i``.

    Attributes
    ----------
    first : int
        The first place (index of a run) for which there is a prediction.
    level : ndarray
        Natural log of the level at each place, shape ``(places,)``, float64.
    weekday : ndarray
        Difference of each weekday's level from the level of all days, shape ``(places, 7)``.
    scatter : ndarray
        Standard deviation of a single run around its level.
    n_level, n_scatter : ndarray
        Numbers of runs from which level and scatter are estimated.
    """

    first: int
    level: FloatArray
    weekday: FloatArray
    scatter: FloatArray
    n_level: FloatArray
    n_scatter: FloatArray


def baselines(
    logs: FloatArray, weekdays: Integers, edges: Sequence[int], *, first: int, last: int
) -> Baselines:
    """Estimate the level and the scatter before each place from `first` to `last`.

    Parameters
    ----------
    logs : ndarray
        Natural logs of the runs' values, oldest first, shape ``(runs,)``, float64.
    weekdays : ndarray
        Weekday of each run, 0..6, shape ``(runs,)``.
    edges : sequence of int
        Indices of the runs at which the level changed. The level is estimated from the runs since the last change, the
        weekdays' levels and the scatter from earlier runs too.
    first, last : int
        First and last place; the first place is at least three runs after the last index in `edges`.
    """
    start = edges[-1] if edges else 0
    centred = _without_levels(logs, edges)
    places = np.arange(first, last + 1)
    index = places[:, None] - 1 - np.arange(_LOOK_BACK)
    is_there, is_own = index >= 0, index >= start
    index = np.maximum(index, 0)
    days, own = weekdays[index], np.where(is_own, logs[index], np.nan)
    level = _median(own)
    values = np.where(is_own, own - level[:, None], np.where(is_there, centred[index], np.nan))
    weekday, share = _weekday_levels(values, days, is_there)
    values = values - np.where(is_there, np.take_along_axis(weekday, days, axis=1), 0.0)
    spread = _MAD_TO_SD * _median(np.abs(values))
    own_values = np.where(is_own, values, np.nan)
    middle = _median(own_values)
    bound = np.maximum(1.5 * spread, _LEAST_SCATTER)[:, None]
    shift = middle + np.nanmean(np.clip(own_values - middle[:, None], -bound, bound), axis=1)
    values = np.where(is_own, values - shift[:, None], values)
    n_scatter = np.count_nonzero(is_there, axis=1).astype(np.float64)
    scatter = _scatter(values, spread, n_scatter=n_scatter, share=share)
    n_level = np.count_nonzero(is_own, axis=1).astype(np.float64)
    return Baselines(first, level + shift, weekday, scatter, n_level, n_scatter)


def _weekday_levels(values: FloatArray, days: Integers, is_there: Bools) -> tuple[FloatArray, FloatArray]:
    """The difference of each weekday's level from the level of all days, and the share of the variance that is left.

    A weekday has a level of its own if it has at least two runs and the series at least two weeks of runs.
    """
    bound = 2.5 * _MAD_TO_SD * _median(np.abs(values))[:, None]
    clipped = np.where(is_there, np.clip(values, -bound, bound), 0.0)
    added = np.zeros((values.shape[0], WEEK))
    n_total = np.count_nonzero(is_there, axis=1)
    share = np.zeros(values.shape[0])
    for day in range(WEEK):
        is_day = is_there & (days == day)
        n = np.count_nonzero(is_day, axis=1)
        counts = (n >= 2) & (n_total >= FULL_WEEKS)
        added[:, day] = np.where(counts, (clipped * is_day).sum(axis=1) / (n + _SHRINK), 0.0)
        left = np.where(counts, ((n + _SHRINK - 1) ** 2 + n - 1) / (n + _SHRINK) ** 2, 1.0)
        share += n * left
    return added, share / n_total


def _scatter(
    values: FloatArray, spread: FloatArray, *, n_scatter: FloatArray, share: FloatArray
) -> FloatArray:
    """Standard deviation of a run around its level: a mean of the measured value and a prior, weighted by runs."""
    unit = np.maximum(spread, _LEAST_SCATTER / 2)
    squares = np.clip(values / unit[:, None], -2.0, 2.0) ** 2
    own = np.nanmean(squares, axis=1) / _CLIPPED_VARIANCE * unit**2 / share
    own *= n_scatter / np.maximum(n_scatter - 1, 1)
    mixed = (n_scatter * own + _PRIOR_RUNS * _PRIOR**2) / (n_scatter + _PRIOR_RUNS)
    return np.asarray(np.maximum(np.sqrt(mixed), _LEAST_SCATTER), dtype=np.float64)


def _without_levels(logs: FloatArray, edges: Sequence[int]) -> FloatArray:
    """The runs before the last change of level, each minus the median of the runs at its level."""
    centred = np.zeros(logs.size)
    for begin, end in zip([0, *edges], edges, strict=False):
        centred[begin:end] = logs[begin:end] - np.median(logs[begin:end]) if end > begin else 0.0
    return centred


def _median(values: FloatArray) -> FloatArray:
    """Median of each row, NaN ignored; each row has at least one number. (``nanmedian`` takes ten times as long.)"""
    ordered = np.sort(values, axis=1)
    n = np.count_nonzero(~np.isnan(values), axis=1)
    rows = np.arange(values.shape[0])
    return np.asarray((ordered[rows, (n - 1) // 2] + ordered[rows, n // 2]) / 2, dtype=np.float64)
