"""Measure the trials of a grid group by group, with progress and a time budget."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from toolkit.bench.candidate import ColdStarts
from toolkit.bench.estimate import SPAWN_S, estimate_s
from toolkit.bench.grid import Grid
from toolkit.bench.judge import question_id
from toolkit.bench.lock import measuring_lock
from toolkit.bench.measure import can_go_on, measure_together
from toolkit.bench.plan import QUICK, Plan
from toolkit.contracts.fingerprint import fingerprint
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.trial import Trial
from toolkit.contracts.turns import TURNS
from toolkit.core.errors import Unavailable, Unsupported
from toolkit.images.photos import photo


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Progress of a sweep: the number of finished measuring runs (blocks), and the time that is left.

    Attributes
    ----------
    done, total : int
        Number of finished blocks (one trial in one round each) and memory measurements, and their total number.
    trial : Trial
        The trial of which a block (its part of a round) or the memory measurement ended last.
    left_s : float
        Estimated seconds to the end of the sweep.
    """

    done: int
    total: int
    trial: Trial
    left_s: float


def sweep(
    grid: Grid | Sequence[Trial],
    *,
    skip: Collection[str] | Callable[[], Collection[str]] = frozenset(),
    plan: Plan = QUICK,
    budget_s: float | None = None,
    begun: Collection[Measurement] = (),
    cold_starts: ColdStarts | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_round: Callable[[list[Measurement]], None] | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> Iterator[Measurement]:
    """Measure every trial whose key is not in `skip`.

    Trials of one operation at one size form a group. The trials of a group are measured in turns, so that they can be
    compared fairly. The first group of each operation is measured before all other groups.

    Parameters
    ----------
    grid : Grid or sequence of Trial
        The trials to measure.
    skip : collection of str, or callable that returns one
        Keys of trials that need no measurement. A callable (``store.keys``) is called again when this process has
        the measuring lock, because another process may have measured some of the trials in the meantime.
    plan : Plan
        How many blocks (runs in new processes) and calls to measure for each trial.
    budget_s : float, optional
        After this many seconds no further group starts, except one trial of each operation without a measurement; call
        `sweep` again to measure the other trials.
    begun : collection of Measurement
        Unfinished measurements that `on_round` received last, in a process that was stopped; the groups of their trials
        continue with the next round.
    cold_starts : dict, optional
        Known durations of first calls with an empty cache, s, which are not measured again.
    on_progress : callable, optional
        Function that receives a `Progress` after each block.
    on_round : callable, optional
        Function that receives the unfinished measurements of a group after each round, and after the cold starts (first
        calls with an empty cache).
    on_wait : callable, optional
        Function that receives a sentence naming the process with the measuring lock, if this process must wait.

    Yields
    ------
    Measurement
        One Measurement for each trial, when the group of the trial is finished.

    Raises
    ------
    UnknownName, InvalidValue
        A trial is not valid; the error is raised before anything is measured.
    """
    every = grid.trials() if isinstance(grid, Grid) else list(grid)
    keys = skip if callable(skip) else lambda: skip
    trials = pending(every, skip=keys())
    if not trials:
        return  # nothing is to be measured, so this process need not wait for the measuring lock
    for name in {image for trial in trials for image in trial.images}:
        photo(name)
    with measuring_lock(on_wait):
        trials = pending(trials, skip=keys())
        if not trials:
            return
        unfinished = {m.trial: m for m in begun if m.trial in set(trials) and can_go_on(m, plan)}
        counted = _Counter(trials, plan, unfinished, on_progress)
        with_rows = {trial.operation for trial in set(every) - set(trials)}
        known = {} if cold_starts is None else cold_starts
        started = time.monotonic()
        for group in groups_in_turns(trials, unfinished):
            counted.begin_group()
            if budget_s is not None and time.monotonic() - started > budget_s:
                if group[0].operation in with_rows:
                    continue
                group = group[:1]
            with_rows.add(group[0].operation)
            yield from measure_together(
                group,
                plan=plan,
                on_block=counted.add,
                cold_starts=known,
                begun=[unfinished[trial] for trial in group if trial in unfinished],
                on_round=on_round,
            )


def groups_in_turns(
    trials: Sequence[Trial], unfinished: Mapping[Trial, Measurement] | None = None
) -> list[list[Trial]]:
    """Group trials to measure in turns: trials of one operation and size; trials of a stopped sweep are kept apart.

    A new trial in a group of a stopped sweep would lack the rounds that the group has finished. The first group of each
    operation is measured before all other groups.
    """
    unfinished = unfinished or {}
    found: dict[tuple[object, ...], list[Trial]] = {}
    for t in trials:
        turns = unfinished[t].provenance[TURNS] if t in unfinished else ""
        found.setdefault((t.operation, t.width, t.height, turns), []).append(t)
    firsts: dict[str, list[Trial]] = {}
    rest = [group for group in found.values() if firsts.setdefault(group[0].operation, group) is not group]
    return [*firsts.values(), *rest]


class _Counter:
    """Counts the finished measurements of time and of memory in a sweep, and estimates the time left."""

    def __init__(
        self,
        trials: Sequence[Trial],
        plan: Plan,
        unfinished: Mapping[Trial, Measurement],
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        rounds = {t: plan.blocks + 1 - (len(unfinished[t].blocks) if t in unfinished else 0) for t in trials}
        self._total, self._done = sum(rounds.values()), 0
        self._ahead = sum(_weight(trial) * n for trial, n in rounds.items())
        # Seconds and weight of the finished blocks, to estimate the time left. The first block of each group is left
        # out, because its seconds would include exports and references.
        self._spent_s, self._behind, self._last = 0.0, 0.0, math.nan
        self._guess_s = estimate_s(trials, plan) / sum(_weight(trial) * (plan.blocks + 1) for trial in trials)
        self._on_progress = on_progress

    def begin_group(self) -> None:
        self._last = math.nan

    def add(self, trial: Trial) -> None:
        now = time.monotonic()
        if not math.isnan(self._last):
            self._spent_s, self._behind = self._spent_s + now - self._last, self._behind + _weight(trial)
        self._last, self._done, self._ahead = now, self._done + 1, self._ahead - _weight(trial)
        if self._on_progress is not None:
            left = self._ahead * (self._spent_s / self._behind if self._behind else self._guess_s)
            self._on_progress(
                Progress(done=self._done, total=self._total, trial=trial, left_s=max(0.0, left))
            )


def pending(grid: Grid | Sequence[Trial], *, skip: Collection[str]) -> list[Trial]:
    """The trials whose key, computed for the present state of machine and code, is not in `skip`."""
    trials = grid.trials() if isinstance(grid, Grid) else list(grid)
    machine = fingerprint()
    return [t for t in trials if t.key(question_id(t, machine)) not in skip]


def why_skipped(trial: Trial) -> str:
    """The reason why a trial cannot run on this machine, as a sentence; ``""`` if the trial can run."""
    try:
        trial.placed.check()
    except (Unavailable, Unsupported) as error:
        return str(error)
    return ""


def _weight(trial: Trial) -> float:
    """Estimated duration of a trial's part of a round relative to other trials, to compute the time left."""
    return SPAWN_S + trial.megapixels * trial.workers * trial.batch
