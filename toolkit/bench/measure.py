"""Measure trials in rounds: in each round, every trial runs once in fresh processes."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime

from toolkit.bench.candidate import Candidate, ColdStarts
from toolkit.bench.inputs import Inputs
from toolkit.bench.lock import measuring_lock
from toolkit.bench.plan import QUICK, Plan
from toolkit.contracts.fingerprint import fingerprint, provenance
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.notation import parse_trial
from toolkit.contracts.trial import Trial
from toolkit.contracts.turns import TURNS, new_turns_id
from toolkit.machine.sentinel import Sentinel


def measure(trial: Trial | str, *, plan: Plan = QUICK) -> Measurement:
    """Measure one trial in fresh processes.

    Parameters
    ----------
    trial : Trial or str
        A string is the written form, ``"stylization@opencv:threads=2,megapixels=1"``.
    plan : Plan
        How many blocks (runs in new processes) and calls to measure.

    Returns
    -------
    Measurement
        If the trial cannot run or fails, the Measurement has the status skipped or failed; nothing is raised.

    Raises
    ------
    UnknownName, InvalidValue
        The trial names something that does not exist, or has a value that is not allowed.
    """
    asked = parse_trial(trial) if isinstance(trial, str) else trial
    with measuring_lock():
        return next(measure_together([asked], plan=plan))


def measure_together(
    trials: Sequence[Trial],
    *,
    plan: Plan = QUICK,
    on_block: Callable[[Trial], None] | None = None,
    cold_starts: ColdStarts | None = None,
    begun: Collection[Measurement] = (),
    on_round: Callable[[list[Measurement]], None] | None = None,
) -> Iterator[Measurement]:
    """Measure trials in turns, so that a machine that becomes slower affects all of them equally.

    In each round every trial runs one block. The order of the trials is random in even rounds; an odd round reverses
    the order of the round before. A sentinel (a small fixed workload) is timed at the start of each round, and its
    time is stored with the blocks: a longer time shows that the machine became slower. The caller must hold the
    machine's measuring lock.

    Parameters
    ----------
    on_block : callable, optional
        Function that receives the trial after its part of each round and after its memory measurement.
    cold_starts : dict, optional
        Seconds of first calls with an empty cache in earlier groups of trials; the seconds of `trials` are added.
    begun : collection of Measurement
        The unfinished measurements of all `trials` that `on_round` received last in a process that was stopped; the
        next round continues them. Without unfinished measurements, all measurements begin anew.
    on_round : callable, optional
        Function that receives the unfinished measurements of all trials after each round, and after the cold starts
        (first calls with an empty cache).

    Yields
    ------
    Measurement
        One measurement for each trial, in the order of `trials`, after the last round.
    """
    told = on_block or (lambda trial: None)
    group = next((m.provenance[TURNS] for m in begun), "") or new_turns_id()
    with Inputs() as inputs, Sentinel() as sentinel:
        candidates = [Candidate(trial, inputs, plan) for trial in trials]
        for candidate in candidates:
            candidate.prepare()
        for m in begun:
            candidates[list(trials).index(m.trial)].go_on_from(m)

        def keep() -> None:
            if on_round is not None:
                on_round(_so_far(candidates, plan, turns=group))

        order = list(candidates)
        first = 1 + max((block.round for m in begun for block in m.blocks), default=-1)
        for number in range(first, plan.blocks):
            order = order[::-1] if number % 2 else random.sample(candidates, len(candidates))
            sentinel_s = sentinel.time_s()
            for candidate in order:
                if candidate.is_ok:
                    candidate.run_block(number, sentinel_s=sentinel_s)
                told(candidate.trial)
            keep()
        # Compiling takes long, so the cold starts come after the rounds: a killed process then loses no round.
        known = {} if cold_starts is None else cold_starts
        for candidate in candidates:
            if candidate.is_ok:
                candidate.start_cold(known)
        keep()
        for candidate in candidates:
            if candidate.is_ok:
                candidate.run_memory_pass()
            told(candidate.trial)
        machine = fingerprint()
        for candidate in candidates:
            yield candidate.measurement(machine, {**provenance(), TURNS: group})


def can_go_on(unfinished: Measurement, plan: Plan) -> bool:
    """Whether `measure_together` can continue an unfinished measurement with the plan `plan`."""
    is_sound = unfinished.is_ok or unfinished.cause.is_deterministic
    return is_sound and unfinished.provenance.get("plan") == repr(plan)


def _so_far(candidates: Sequence[Candidate], plan: Plan, *, turns: str) -> list[Measurement]:
    machine, now = fingerprint(), datetime.now(UTC).isoformat(timespec="seconds")
    made = {"time": now, TURNS: turns, "plan": repr(plan)}
    return [candidate.unfinished(machine, made) for candidate in candidates]
