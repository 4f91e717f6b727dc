"""Compares two or more trials live: measures them in turns, as the sequential design in `analysis` asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from toolkit.analysis.design import BUDGET_S, HALF_WIDTH, Comparison
from toolkit.analysis.throughput import throughput_ips
from toolkit.bench.candidate import Candidate
from toolkit.bench.inputs import Inputs
from toolkit.bench.lock import measuring_lock
from toolkit.bench.plan import Plan
from toolkit.contracts.fingerprint import fingerprint
from toolkit.contracts.measurement import Block, Measurement
from toolkit.contracts.trial import Trial


@dataclass(frozen=True)
class Compared:
    """The result of a live comparison.

    Attributes
    ----------
    design : Comparison
        Rounds, verdicts and the reason for stopping; configurations are named A, B, C, ... in the order given.
    measurements : tuple of Measurement
        One for each trial, with raw samples.
    """

    design: Comparison
    measurements: tuple[Measurement, ...]


def compare_live(
    trials: Sequence[Trial],
    *,
    half_width: float = HALF_WIDTH,
    budget_s: float = BUDGET_S,
    on_block: Callable[[Comparison], None] | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> Compared:
    """Measure trials in turns until the interval is narrow or the budget is spent.

    Parameters
    ----------
    trials : sequence of Trial
        Two or more; the first is the baseline. The same trial twice is an A/A test.
    half_width : float
        Relative half-width of the 95 % interval at which measuring stops.
    budget_s : float
        Upper limit for the time of all blocks, s; reference outputs are made before.
    on_block : callable, optional
        Receives the state of the design after each block.

    Raises
    ------
    UnknownName, InvalidValue
    """
    names = [chr(ord("A") + i) for i in range(len(trials))]
    design = Comparison(names, half_width=half_width, budget_s=budget_s)
    with measuring_lock(on_wait), Inputs() as inputs:
        candidates = {
            name: Candidate(trial, inputs, Plan(blocks=1, seconds=1.0))
            for name, trial in zip(names, trials, strict=True)
        }
        for candidate in candidates.values():
            candidate.prepare()
        while (turn := design.next_turn()) is not None:
            plan = Plan(blocks=1, seconds=turn.limit_s, least_calls=1, most_calls=turn.iterations)
            candidate = candidates[turn.configuration]
            before, started = len(candidate.blocks), perf_counter()
            if candidate.is_ok or candidate.cause.is_wrong_picture:  # a wrong picture has a time to compare
                candidate.run_block(turn.round_index, plan=plan)
            samples = [seconds_a_picture(b, candidate.trial) for b in candidate.blocks[before:]]
            design.record(turn, samples[0] if samples else [], cost_s=perf_counter() - started)
            if on_block is not None:
                on_block(design)
        machine = fingerprint()
        return Compared(design, tuple(c.measurement(machine) for c in candidates.values()))


def seconds_a_picture(block: Block, trial: Trial) -> list[float]:
    """Seconds a picture in one block: one sample a call for a single worker, one sample in all for several workers."""
    if len(block.workers) == 1:
        return [s / trial.batch for s in block.workers[0].samples_s]
    rate = throughput_ips(
        [run.starts_s for run in block.workers], [run.samples_s for run in block.workers], batch=trial.batch
    )
    return [1 / rate] if rate > 0 else []
