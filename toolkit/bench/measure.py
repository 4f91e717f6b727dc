"""From trials to measurements: interleaved rounds of fresh processes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

from toolkit.bench.candidate import Candidate
from toolkit.bench.inputs import Inputs
from toolkit.bench.lock import measuring_lock
from toolkit.bench.plan import QUICK, Plan
from toolkit.contracts.fingerprint import fingerprint
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.notation import parse_trial
from toolkit.contracts.trial import Trial
from toolkit.machine.sentinel import Sentinel

ColdStarts = dict[tuple[object, ...], float | None]
"""What is compiled (operation, backend, parameters, device, precision, options) to its first call, cache empty, s."""


def measure(trial: Trial | str, *, plan: Plan = QUICK) -> Measurement:
    """Measure one trial in fresh processes.

    Parameters
    ----------
    trial : Trial or str
        A string is the written form, ``"stylization@opencv:threads=2,megapixels=1"``.
    plan : Plan
        How much evidence to gather.

    Returns
    -------
    Measurement
        ``skipped`` and ``failed`` are answers, not exceptions.

    Raises
    ------
    UnknownName, InvalidValue
        The trial itself is not a question that can be asked.
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
) -> Iterator[Measurement]:
    """Measure trials in turns, so that drift of the machine hits all alike.

    In each round every trial gets one block; the order is drawn anew for even rounds and reversed for odd ones. A
    sentinel is timed at the start of each round and kept in its blocks, so that drift can be told afterwards.
    The caller holds the measuring lock.

    Parameters
    ----------
    on_block : callable, optional
        Told the trial after each block and each memory pass.
    cold_starts : dict, optional
        What an earlier group found, by what is compiled; grows.

    Yields
    ------
    Measurement
        In the order of `trials`, after the last round.
    """
    told = on_block or (lambda trial: None)
    with Inputs() as inputs, Sentinel() as sentinel:
        candidates = [Candidate(trial, inputs, plan) for trial in trials]
        for candidate in candidates:
            candidate.prepare()
        _start_cold(candidates, {} if cold_starts is None else cold_starts)
        order = list(candidates)
        for number in range(plan.blocks):
            order = order[::-1] if number % 2 else random.sample(candidates, len(candidates))
            sentinel_s = sentinel.time_s()
            for candidate in order:
                if candidate.is_ok:
                    candidate.run_block(number, sentinel_s=sentinel_s)
                told(candidate.trial)
        for candidate in candidates:
            if candidate.is_ok:
                candidate.run_memory_pass()
            told(candidate.trial)
        machine = fingerprint()
        for candidate in candidates:
            yield candidate.measurement(machine)


def compiles_as(trial: Trial) -> tuple[object, ...]:
    """What trials that compile the same have in common."""
    place = trial.placement
    return (trial.operation, trial.backend, trial.params, place.device, place.precision, place.options)


def _start_cold(candidates: Sequence[Candidate], known: ColdStarts) -> None:
    """One cold start for all that compile the same; threads, workers, pre-steps and size do not change that.

    The call itself is part of the number, so it is that of the first size: the smallest of a sweep that goes upwards.
    """
    for candidate in candidates:
        trial = candidate.trial
        same = compiles_as(trial)
        if not candidate.is_ok:
            continue
        if same not in known:
            candidate.start_cold()
            known[same] = candidate.cold_first_s
        candidate.cold_first_s = known[same]
