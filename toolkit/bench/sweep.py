"""Measure the trials of a grid group by group, with progress and a time budget."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from toolkit.bench.candidate import ColdStarts
from toolkit.bench.estimate import SPAWN_S, estimate_s
from toolkit.bench.grid import Grid
from toolkit.bench.judge import question_id
from toolkit.bench.lock import measuring_lock
from toolkit.bench.measure import measure_together
from toolkit.bench.plan import QUICK, Plan
from toolkit.contracts.fingerprint import fingerprint
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.trial import Trial
from toolkit.core.errors import Unavailable, Unsupported
from toolkit.images.photos import photo


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Progress of a sweep.

    Attributes
    ----------
    done, total : int
        Number of finished blocks and memory measurements, and their total number in the sweep.
    trial : Trial
        The trial that ran last.
    left_s : float
        Estimated seconds to the end.
    """

    done: int
    total: int
    trial: Trial
    left_s: float


def sweep(
    grid: Grid | Sequence[Trial],
    *,
    skip: Collection[str] = frozenset(),
    plan: Plan = QUICK,
    budget_s: float | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> Iterator[Measurement]:
    """Measure every trial whose key is not in `skip`.

    Trials of one operation at one size form a group. The trials of a group are measured in turns, so that they can be
    compared fairly.

    Parameters
    ----------
    grid : Grid or sequence of Trial
    skip : collection of str
        Keys of measurements that need no repetition (``Store.keys()``).
    plan : Plan
        How many blocks and calls to measure for each trial.
    budget_s : float, optional
        After this many seconds no further group starts; call `sweep` again to measure the rest.
    on_progress : callable, optional
        Receives a `Progress` after each block.
    on_wait : callable, optional
        Receives a sentence that names the process with the measuring lock, if this process must wait.

    Yields
    ------
    Measurement
        One for each trial, when the group of the trial is finished.

    Raises
    ------
    UnknownName, InvalidValue
        A trial is not valid; the error is raised before anything is measured.
    """
    trials = pending(grid, skip=skip)
    if not trials:
        return  # nothing to measure, so there is no need to wait for the lock
    for name in {image for trial in trials for image in trial.images}:
        photo(name)
    groups = [
        list(group) for _, group in itertools.groupby(trials, lambda t: (t.operation, t.width, t.height))
    ]
    total = len(trials) * (plan.blocks + 1)
    done, ahead = 0, sum(map(_weight, trials)) * (plan.blocks + 1)
    # Seconds and weight of the finished blocks, to estimate the time left. The first block of each group is left out,
    # because its seconds would include exports and references.
    spent_s, behind, last = 0.0, 0.0, math.nan
    guess_s = estimate_s(trials, plan) / ahead

    def count(trial: Trial) -> None:
        nonlocal done, ahead, spent_s, behind, last
        now = time.monotonic()
        if not math.isnan(last):
            spent_s, behind = spent_s + now - last, behind + _weight(trial)
        last, done, ahead = now, done + 1, ahead - _weight(trial)
        if on_progress is not None:
            left = ahead * (spent_s / behind if behind else guess_s)
            on_progress(Progress(done=done, total=total, trial=trial, left_s=max(0.0, left)))

    cold_starts: ColdStarts = {}
    with measuring_lock(on_wait):
        started = time.monotonic()
        for group in groups:
            last = math.nan
            if budget_s is not None and time.monotonic() - started > budget_s:
                return
            yield from measure_together(group, plan=plan, on_block=count, cold_starts=cold_starts)


def pending(grid: Grid | Sequence[Trial], *, skip: Collection[str]) -> list[Trial]:
    """Trials whose key, with the present state of machine and code, is not in `skip`."""
    trials = grid.trials() if isinstance(grid, Grid) else list(grid)
    machine = fingerprint()
    return [t for t in trials if t.key(question_id(t, machine)) not in skip]


def why_skipped(trial: Trial) -> str:
    """The reason why a trial cannot run on this machine, as a sentence; ``""`` if it can. Nothing is measured."""
    try:
        trial.placed.check()
    except (Unavailable, Unsupported) as error:
        return str(error)
    return ""


def _weight(trial: Trial) -> float:
    """Estimated duration of one block relative to other trials, from which the time left is computed."""
    return SPAWN_S + trial.megapixels * trial.workers * trial.batch
