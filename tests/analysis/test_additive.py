"""The additive model: exact on additive times, honest where nothing was seen, robust to the order of observations."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from toolkit.analysis.additive import AdditiveModel
from toolkit.core.errors import InvalidValue

CELLS = np.array(list(itertools.product(range(3), range(2), range(3), range(2))))


def _additive_times(seed: int) -> np.ndarray:
    draw = np.random.default_rng(seed)
    effects = [draw.normal(0.0, spread, n) for spread, n in ((1.0, 3), (0.3, 2), (0.4, 3), (0.2, 2))]
    return sum(effect[CELLS[:, at]] for at, effect in enumerate(effects))


@pytest.mark.parametrize("seed", range(5))
def test_the_fastest_of_additive_times_is_found_from_a_third_of_the_cells(seed: int) -> None:
    times = _additive_times(seed)
    seen = np.random.default_rng(seed + 100).permutation(len(CELLS))[:12]
    mean, _ = AdditiveModel(CELLS).predict(seen, times[seen])
    assert times[np.argmin(mean)] <= times.min() + 0.15


def test_cells_that_were_seen_are_more_certain_than_others() -> None:
    times = _additive_times(1)
    seen = np.arange(0, len(CELLS), 3)
    mean, spread = AdditiveModel(CELLS).predict(seen, times[seen])
    others = np.setdiff1d(np.arange(len(CELLS)), seen)
    assert spread[seen].max() < spread[others].min()
    assert np.abs(mean[seen] - times[seen]).max() < 0.1


def test_the_true_time_of_most_unseen_cells_lies_within_two_spreads() -> None:
    inside = []
    for seed in range(20):
        times = _additive_times(seed) + np.random.default_rng(seed).normal(0.0, 0.03, len(CELLS))
        seen = np.random.default_rng(seed + 50).permutation(len(CELLS))[:14]
        mean, spread = AdditiveModel(CELLS).predict(seen, times[seen])
        others = np.setdiff1d(np.arange(len(CELLS)), seen)
        inside += list(np.abs(times[others] - mean[others]) < 2 * spread[others])
    assert np.mean(inside) > 0.85


def test_the_order_of_observations_does_not_matter() -> None:
    times, seen = _additive_times(2), np.array([0, 5, 9, 20, 31])
    one = AdditiveModel(CELLS).predict(seen, times[seen])
    other = AdditiveModel(CELLS).predict(seen[::-1], times[seen[::-1]])
    np.testing.assert_allclose(one, other, rtol=1e-8)


def test_a_doubtful_time_counts_less() -> None:
    model = AdditiveModel(CELLS)
    sure, _ = model.predict([0, 0, 7], [0.0, 1.0, 0.5], doubts=[0.0, 0.5, 0.0])
    level, _ = model.predict([0, 0, 7], [0.0, 1.0, 0.5])
    assert sure[0] < level[0]


def test_a_time_that_is_no_number_is_refused() -> None:
    with pytest.raises(InvalidValue, match="finite"):
        AdditiveModel(CELLS).predict([0], [float("nan")])
