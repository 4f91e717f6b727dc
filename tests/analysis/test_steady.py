import math

import numpy as np
import pytest

from toolkit.analysis.steady import find_shared_warm_up, find_steady

SEEDS = range(100)


def noise(n: int, seed: int, sd: float = 0.03) -> np.ndarray:
    return np.exp(np.random.default_rng(seed).normal(0, sd, n))


@pytest.mark.parametrize("n", [7, 11, 30, 100, 1000])
def test_a_steady_run_has_no_warm_up(n):
    answers = [find_steady(noise(n, seed)) for seed in SEEDS]
    assert sum(a.is_steady for a in answers) >= 94
    assert sum(a.start == 0 for a in answers) >= 85


@pytest.mark.parametrize(("n", "length"), [(30, 8), (100, 8), (1000, 100)])
def test_a_step_is_found_at_its_place(n, length):
    step = np.where(np.arange(n) < length, 1.3, 1.0)
    starts = [find_steady(noise(n, seed) * step).start for seed in SEEDS]
    assert np.median(np.abs(np.array(starts) - length)) <= max(1, n // 120)


def test_a_decaying_warm_up_leaves_little_behind():
    decay = 1 + 0.5 * np.exp(-np.arange(30) / 3)
    starts = [find_steady(noise(30, seed) * decay).start for seed in SEEDS]
    assert 3 <= np.median(starts) <= 10


@pytest.mark.parametrize("shape", ["trend", "late step"])
def test_never_steady_is_an_answer(shape):
    for n in (30, 100, 1000):
        level = np.linspace(0, 0.5, n) if shape == "trend" else 0.3 * (np.arange(n) > 0.8 * n)
        answers = [find_steady(noise(n, seed) * np.exp(level)) for seed in SEEDS]
        assert sum(not a.is_steady for a in answers) >= 90
        assert {a.start for a in answers if not a.is_steady} == {n // 2}


def test_tails_modes_and_coarse_clocks_are_not_warm_up():
    def tails(rng: np.random.Generator) -> np.ndarray:
        return np.exp(rng.normal(0, 0.03, 50) + (rng.random(50) < 0.1) * rng.exponential(0.4, 50))

    def modes(rng: np.random.Generator) -> np.ndarray:
        return np.where(rng.random(50) < 0.3, 1.1, 1.0) * np.exp(rng.normal(0, 0.01, 50))

    def ticks(rng: np.random.Generator) -> np.ndarray:
        return np.round(50 * np.exp(rng.normal(0, 0.02, 50))) / 50

    for draw in (tails, modes, ticks):
        answers = [find_steady(draw(np.random.default_rng(seed))) for seed in SEEDS]
        assert sum(a.is_steady for a in answers) >= 90, draw.__name__


@pytest.mark.parametrize(
    ("samples", "start"),
    [([], 0), ([5.0], 0), ([9.0, 1.0], 0), ([2.0, 1.0, 1.01], 1), ([1.0, 1.02, 0.99], 0)],
)
def test_short_series(samples, start):
    answer = find_steady(samples)
    assert (answer.start, answer.is_steady) == (start, True)


def test_two_slow_samples_of_five_are_warm_up():
    assert find_steady([3.0, 2.0, 1.0, 1.01, 1.0]).start == 2


def test_invalid_samples_show_nothing():
    assert find_steady([1.0, math.nan] * 10).start == 0
    assert find_shared_warm_up([[1.0, math.nan, 1.0]] * 3).start == 0


def test_processes_together_show_a_warm_up_that_one_alone_hides():
    decay = 1 + 0.06 * (np.arange(15) < 5)
    runs = [[noise(15, 10 * seed + i, 0.04) * decay * (1 + 0.1 * i) for i in range(9)] for seed in range(40)]
    together = [find_shared_warm_up(blocks).start for blocks in runs]
    alone = [find_steady(blocks[0]).start for blocks in runs]
    assert np.median(together) == 5
    assert np.median(alone) < 5


def test_rows_of_different_lengths_share_a_profile():
    long = [[2.0, 1.0, 1.01, 1.0, 0.99]] * 3
    assert find_shared_warm_up([[1.0], *long]).start == 1
    assert find_shared_warm_up([[], []]).n_samples == 0
