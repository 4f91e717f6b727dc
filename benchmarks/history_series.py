"""Simulated series of nightly runs whose changes are known, and how well a rule finds these changes.

Between-run noise of 2 %, spikes of 5 to 20 % in 3 % of the runs that last one run, and 4 % more on five of seven days.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.analysis.change_points import JUDGED_FROM, change_points

RUNS = 70
NOISE, SPIKES, SPIKE_SIZES, WEEKDAYS = 0.02, 0.03, (0.05, 0.20), 0.04
STEP, DRIFT = 0.05, 0.005
CHANGES_BEGIN = (35, 50)
"""A step or a drift begins at a run in this range, drawn at random: after five weeks of nights."""
EARLY_BEGIN = (14, 34)
"""An early step begins when the rule knows two to five weeks of nights."""
STEP_WITHIN, DRIFT_WITHIN = 6, 20

Find = Callable[[np.ndarray], list[int]]


@dataclass(frozen=True)
class Simulated:
    """Times of runs, and the run at which they change; None for a stationary series."""

    times: np.ndarray
    begins: int | None


@dataclass(frozen=True)
class Rates:
    """How well a rule finds changes: false alerts in 1000 judged runs, shares of changes found in time."""

    false_per_1000: float
    steps_found: float
    early_found: float
    drifts_found: float
    steps_dated: float
    """Share of the found steps that are dated to within one run."""


def stationary(random: np.random.Generator, *, runs: int = RUNS) -> Simulated:
    noise = NOISE * random.standard_normal(runs)
    spikes = (random.random(runs) < SPIKES) * random.uniform(*SPIKE_SIZES, runs)
    week = WEEKDAYS * ((np.arange(runs) + random.integers(7)) % 7 < 5)
    level = np.exp(random.uniform(-6, 2))
    return Simulated(level * (1 + noise) * (1 + spikes) * (1 + week), None)


def step(random: np.random.Generator, *, between: tuple[int, int] = CHANGES_BEGIN) -> Simulated:
    begins = int(random.integers(between[0], between[1] + 1))
    times = stationary(random).times.copy()
    times[begins:] *= 1 + STEP
    return Simulated(times, begins)


def early(random: np.random.Generator) -> Simulated:
    return step(random, between=EARLY_BEGIN)


def drift(random: np.random.Generator) -> Simulated:
    begins = int(random.integers(CHANGES_BEGIN[0], CHANGES_BEGIN[1] + 1))
    times = stationary(random).times.copy()
    times[begins:] *= (1 + DRIFT) ** np.arange(1, RUNS - begins + 1)
    return Simulated(times, begins)


def simulated(n_series: int, *, seed: int = 1) -> dict[str, list[Simulated]]:
    """`n_series` stationary series, as many with a step and as many with a drift."""
    random = np.random.default_rng(seed)
    return {
        make.__name__: [make(random) for _ in range(n_series)] for make in (stationary, step, early, drift)
    }


def ours(series: dict[str, list[Simulated]]) -> Rates:
    """Our rule, which judges each run in its night."""
    judged = sum(one.times.size - JUDGED_FROM + 1 for one in series["stationary"])
    n_false = sum(len(change_points(one.times)) for one in series["stationary"])
    steps = [_seen(one, STEP_WITHIN) for one in series["step"]]
    drifts = [_seen(one, DRIFT_WITHIN) for one in series["drift"]]
    early_steps = [_seen(one, STEP_WITHIN) for one in series["early"]]
    dated = [
        abs(at - one.begins) <= 1 for at, one in zip(steps, series["step"], strict=True) if at is not None
    ]
    return Rates(
        1000 * n_false / judged,
        float(np.mean([at is not None for at in steps])),
        float(np.mean([at is not None for at in early_steps])),
        float(np.mean([at is not None for at in drifts])),
        float(np.mean(dated)) if dated else 0.0,
    )


def _seen(one: Simulated, within: int) -> int | None:
    """Where an alert, raised at most `within` runs after the change, places it; None without one."""
    for change in change_points(one.times[: one.begins + within]):
        if change.seen >= one.begins:
            return change.at
    return None


def of_found(series: dict[str, list[Simulated]], found: dict[str, Sequence[Sequence[int]]]) -> Rates:
    """Rates of a rule that looks at a whole series: of the stationary ones, and of the others up to their last run.

    A change that it places at most three runs away from the true one counts as found; for a drift, any in its runs.
    """
    judged = sum(one.times.size - JUDGED_FROM + 1 for one in series["stationary"])
    n_false = sum(1 for places in found["stationary"] for at in places if at >= JUDGED_FROM - 1)
    steps, early_steps = _near(series["step"], found["step"]), _near(series["early"], found["early"])
    dated = [abs(near[0] - one.begins) <= 1 for one, near in zip(series["step"], steps, strict=True) if near]
    drifts = [
        any(at >= one.begins for at in places)
        for one, places in zip(series["drift"], found["drift"], strict=True)
    ]
    return Rates(
        1000 * n_false / judged,
        float(np.mean([bool(near) for near in steps])),
        float(np.mean([bool(near) for near in early_steps])),
        float(np.mean(drifts)),
        float(np.mean(dated)) if dated else 0.0,
    )


def _near(series: list[Simulated], found: Sequence[Sequence[int]]) -> list[list[int]]:
    return [
        [at for at in places if abs(at - one.begins) <= 3] for one, places in zip(series, found, strict=True)
    ]


def cut(series: dict[str, list[Simulated]]) -> dict[str, list[list[float]]]:
    """The times that a rule may see: all of a stationary series, of the others those up to the last run in time."""
    within = {"stationary": RUNS, "step": STEP_WITHIN, "early": STEP_WITHIN, "drift": DRIFT_WITHIN}
    return {
        name: [
            one.times[: None if one.begins is None else one.begins + within[name]].tolist() for one in members
        ]
        for name, members in series.items()
    }
