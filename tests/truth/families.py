"""Synthetic workloads with known truth, and the simulated clock that runs them.

A family describes how the log of a time varies within a process, between processes and along the wall clock. Its
spreads are those of image filters on a desktop machine: 1-2 % between processes, 2-3 % within, a tail of slow samples.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Rng = np.random.Generator
Draw = Callable[[Rng, int], np.ndarray]


def normal(sd: float) -> Draw:
    return lambda rng, n: rng.normal(0, sd, n)


def student(sd: float, degrees: int = 3) -> Draw:
    scale = sd / math.sqrt(degrees / (degrees - 2))
    return lambda rng, n: scale * rng.standard_t(degrees, n)


def slow_tail(sd: float, share: float = 0.1, tail: float = 0.5) -> Draw:
    """Normal noise, and a share of samples that an interruption made slower by about e**tail."""
    return lambda rng, n: rng.normal(0, sd, n) + (rng.random(n) < share) * rng.exponential(tail, n)


def two_modes(sd: float, apart: float, share: float) -> Draw:
    return lambda rng, n: rng.normal(0, sd, n) + apart * (rng.random(n) < share)


def autoregressive(sd: float, correlation: float = 0.8) -> Draw:
    def draw(rng: Rng, n: int) -> np.ndarray:
        steps = rng.normal(0, sd * math.sqrt(1 - correlation**2), n)
        steps[0] = rng.normal(0, sd)
        for i in range(1, n):
            steps[i] += correlation * steps[i - 1]
        return steps

    return draw


USUAL_BETWEEN = normal(0.01)
USUAL_WITHIN = normal(0.02)


@dataclass(frozen=True)
class Family:
    """How the times of one kind of workload vary.

    ``between`` and ``within`` draw log offsets; ``drift`` is log units per minute of wall time; ``wander_sd`` and
    ``wander_s`` describe a slow random state of the machine (an Ornstein-Uhlenbeck process); ``tick_s`` is the step
    of the clock; the first iterations are slower by ``warm_up`` (log), which decays over ``warm_up_length`` of them.
    """

    name: str
    between: Draw = USUAL_BETWEEN
    within: Draw = USUAL_WITHIN
    iteration_s: float = 0.02
    process_s: float = 0.6
    drift: float = 0.0
    wander_sd: float = 0.0
    wander_s: float = 20.0
    tick_s: float = 0.0
    warm_up: float = 0.0
    warm_up_length: float = 2.0


FAMILIES = (
    Family("normal"),
    Family("slow tail within", between=normal(0.015), within=slow_tail(0.03)),
    Family("two modes", between=two_modes(0.005, 0.03, 0.5), within=two_modes(0.01, 0.05, 0.3)),
    Family("t(3) between", between=student(0.02)),
    Family("between as large as within", between=normal(0.02)),
    Family("drift", drift=0.05),
    Family("autocorrelated", within=autoregressive(0.02), wander_sd=0.015),
    Family("coarse clock", tick_s=0.0002),
    Family("warm-up", warm_up=0.4),
    Family("costly start", between=normal(0.015), process_s=1.5, iteration_s=0.05),
)


class PlantedClock:
    """Runs blocks of one family in simulated time, in place of the live engine."""

    def __init__(self, family: Family, seed: int) -> None:
        self.family = family
        self.now_s = 0.0
        self._rng = np.random.default_rng(seed)
        self._wander = self._rng.normal(0, family.wander_sd) if family.wander_sd else 0.0

    def block(
        self, *, slow_down: float = 0.0, iterations: int, limit_s: float = math.inf
    ) -> tuple[np.ndarray, float]:
        """Samples in seconds and the wall time of a fresh process whose workload is slower by ``slow_down``."""
        family, rng = self.family, self._rng
        level = float(family.between(rng, 1)[0]) + family.drift * self.now_s / 60 + self._wander
        logs = level + family.within(rng, iterations)
        if family.warm_up:
            logs = logs + family.warm_up * np.exp(-np.arange(iterations) / family.warm_up_length)
        samples = family.iteration_s * (1 + slow_down) * np.exp(logs)
        if family.tick_s:
            samples = np.maximum(1, np.round(samples / family.tick_s)) * family.tick_s
        fits = int(np.searchsorted(np.cumsum(samples), limit_s, side="right"))
        samples = samples[: max(1, fits)]
        cost_s = family.process_s + float(samples.sum())
        self._pass(cost_s)
        return samples, cost_s

    def _pass(self, seconds: float) -> None:
        self.now_s += seconds
        if self.family.wander_sd:
            kept = math.exp(-seconds / self.family.wander_s)
            self._wander = kept * self._wander + self._rng.normal(
                0, self.family.wander_sd * math.sqrt(1 - kept**2)
            )
