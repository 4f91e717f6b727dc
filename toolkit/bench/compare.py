"""Compare two or more trials: measure them in turns until `toolkit.analysis.design` can say which is faster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

from toolkit.analysis.design import BUDGET_S, HALF_WIDTH, Comparison
from toolkit.analysis.throughput import throughput_ips
from toolkit.bench.candidate import Candidate
from toolkit.bench.inputs import Inputs
from toolkit.bench.lock import measuring_lock
from toolkit.bench.plan import Plan
from toolkit.contracts.fingerprint import fingerprint, provenance
from toolkit.contracts.measurement import Block, Measurement
from toolkit.contracts.trial import Trial
from toolkit.contracts.turns import TURNS, new_turns_id


def compare_live(
    trials: Sequence[Trial],
    *,
    half_width: float = HALF_WIDTH,
    budget_s: float = BUDGET_S,
    on_block: Callable[[Comparison], None] | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> tuple[Comparison, list[Measurement]]:
    """Measure trials in turns until the confidence interval of their speed ratio is narrow or the time budget is spent.

    Parameters
    ----------
    trials : sequence of Trial
        Two or more trials; the first is the baseline. The same trial may be given twice, which shows how large a
        difference chance alone makes.
    half_width : float
        Measuring stops when half the width of the 95 % interval of the speed ratio, as a fraction of this ratio, is at
        most `half_width`.
    budget_s : float
        Upper limit for the time of all rounds together, s; the time for making reference outputs is not counted.
    on_block : callable, optional
        Function that receives, after each run of a trial, the comparison with its rounds and verdicts so far.

    Returns
    -------
    (Comparison, list of Measurement)
        The comparison has the rounds, the verdicts and the reason for stopping; in it, the trials have the names A, B,
        C, ... in their order. The list has the measurement of each trial, with all its times.

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
            # A trial with a wrong output is still measured, because its time can be compared.
            if candidate.is_ok or candidate.cause.is_wrong_picture:
                candidate.run_block(turn.round_index, plan=plan)
            samples = [seconds_a_picture(b, candidate.trial) for b in candidate.blocks[before:]]
            design.record(turn, samples[0] if samples else [], cost_s=perf_counter() - started)
            if on_block is not None:
                on_block(design)
        machine, made = fingerprint(), {**provenance(), TURNS: new_turns_id()}
        return design, [candidate.measurement(machine, made) for candidate in candidates.values()]


def seconds_a_picture(block: Block, trial: Trial) -> list[float]:
    """Seconds per picture of a trial in one round: one value for each call of one worker, or one for all workers."""
    if block.kept:  # ``results prune`` has deleted the raw times
        median_s, rate = block.kept.get("median_s"), block.kept.get("throughput_ips", 0.0)
        if len(block.workers) == 1:
            return [] if median_s is None else [median_s / trial.batch]
        return [1 / rate] if rate > 0 else []
    if len(block.workers) == 1:
        return [s / trial.batch for s in block.workers[0].samples_s]
    rate = throughput_ips(
        [run.starts_s for run in block.workers], [run.samples_s for run in block.workers], batch=trial.batch
    )
    return [1 / rate] if rate > 0 else []
