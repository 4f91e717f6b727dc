"""The sentinel gives its time, or None when it is dead; every block of a round holds that time."""

from __future__ import annotations

import math

from toolkit.bench.measure import measure_together
from toolkit.bench.plan import Plan
from toolkit.contracts.notation import parse_trial
from toolkit.machine.sentinel import Sentinel


def test_the_same_work_takes_about_the_same_time() -> None:
    with Sentinel() as sentinel:
        times = [sentinel.time_s() for _ in range(3)]
    assert all(time is not None and 0 < time < 1 for time in times)


def test_a_dead_sentinel_gives_none() -> None:
    with Sentinel() as sentinel:
        sentinel._process.kill()
        sentinel._process.wait()
        assert sentinel.time_s() is None


def test_blocks_of_one_round_hold_the_same_sentinel_time() -> None:
    trials = [parse_trial(f"pencil_sketch@opencv:threads={n},input=64x48") for n in (1, 2)]
    plan = Plan(blocks=2, seconds=0.01)
    first, second = measure_together(trials, plan=plan)
    seen = [[block.noise["sentinel_s"] for block in m.blocks] for m in (first, second)]
    assert seen[0] == seen[1]
    assert seen[0][0] != seen[0][1]
    assert all(isinstance(s, float) and math.isfinite(s) for s in seen[0])
