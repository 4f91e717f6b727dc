"""Measure settings on this machine: each measurement is a block of calls in fresh processes, stored at its end."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic, perf_counter

import numpy as np

from toolkit.analysis.stats import log_median
from toolkit.bench.candidate import Candidate
from toolkit.bench.compare import seconds_a_picture
from toolkit.bench.inputs import Inputs
from toolkit.bench.judge import question_id
from toolkit.bench.plan import Plan
from toolkit.contracts.fingerprint import fingerprint, provenance
from toolkit.contracts.measurement import Block, Measurement
from toolkit.contracts.outcome import Cause
from toolkit.contracts.turns import TURNS, new_turns_id
from toolkit.results.rows.summarising import summarise
from toolkit.results.store.runs import GOES_ON_FOR
from toolkit.results.store.store import Store
from toolkit.studies.tune.constraints import Fault, Limits, Look
from toolkit.studies.tune.objective import Objective
from toolkit.studies.tune.space import TrialSpace

STUDY = "tune"
"""The provenance key whose value identifies the search that made a measurement."""

_TIMEOUT = "tune_timeout_s"
"""The provenance key whose value is the time limit of one block, s."""

_LOOK_S = 0.3
_RUN_S = 1.0
_COMPILE_S = 30.0
_OTHER_DAY = 0.08
_DISTURBED = 0.5
_LEAST_TIMEOUT_S, _MOST_TIMEOUT_S, _TIMEOUT_SHARE = 10.0, 120.0, 1 / 6

_FAULTS = {
    Cause.NONE: Fault.NONE,
    Cause.DISAGREED: Fault.PICTURE,
    Cause.EMPTY: Fault.PICTURE,
    Cause.WRONG_SIZE: Fault.PICTURE,
    Cause.NOT_FINITE: Fault.PICTURE,
    Cause.TIMED_OUT: Fault.PROCESS,
    Cause.DIED: Fault.PROCESS,
}
"""The kind of fault for each cause of a failed measurement; every other cause is a fault of the code."""


class Machine:
    """Measures settings for a search on this machine, as a `World`; the caller must hold the measuring lock.

    Parameters
    ----------
    space : TrialSpace
        The combinations of settings among which the search chooses.
    inputs : Inputs
        Input pictures on which the trials run, in a temporary folder.
    store : Store
        Store that receives the measurements.
    objective : {"latency", "throughput", "memory"}
        The quantity that the search minimises.
    limits : Limits
        Limits that the settings must keep.
    budget_s : float
        Time for the search, s.
    on_block : callable
        A function that is called before each block with the combination of settings (cell) that the block measures.
    """

    def __init__(
        self,
        space: TrialSpace,
        inputs: Inputs,
        store: Store,
        *,
        objective: str,
        limits: Limits,
        budget_s: float,
        on_block: Callable[[int], None] = lambda cell: None,
    ) -> None:
        self.machine = fingerprint()
        self.n_suspect, self.n_blocks = 0, 0
        self._space, self._inputs, self._store = space, inputs, store
        self._objective, self._limits, self._on_block = objective, limits, on_block
        self._began = monotonic()
        self._timeout_s = min(_MOST_TIMEOUT_S, max(_LEAST_TIMEOUT_S, _TIMEOUT_SHARE * budget_s))
        self._keys = [trial.key(question_id(trial, self.machine)) for trial in space.trials]
        asked = "\n".join([*sorted(self._keys), objective, repr(limits)])
        self.study_id = hashlib.sha256(asked.encode()).hexdigest()[:16]
        self._racing: dict[int, Candidate] = {}
        self._n_kept: dict[int, int] = {}
        self._turns = new_turns_id()

    @property
    def spent_s(self) -> float:
        return monotonic() - self._began

    def start_costs_s(self) -> dict[int, float]:
        """Seconds of the first measurement of each combination of settings whose code must be compiled."""
        from pathlib import Path

        return {
            cell: _COMPILE_S
            for cell, trial in enumerate(self._space.trials)
            if trial.op.network is not None and trial.runtime.cold_environment(trial.placement, Path())
        }

    def known(self) -> Mapping[int, Look]:
        cells = {key: cell for cell, key in enumerate(self._keys)}
        latest = (datetime.now(UTC) - GOES_ON_FOR).isoformat(timespec="seconds")
        raced = {m.key for m in self._kept(self._keys)}
        found = {}
        for m in self._store.find(key=self._keys):
            is_recent = m.began >= latest
            is_ours = is_recent and m.provenance.get(STUDY) == self.study_id
            # Settings whose process hung or died are not tried again on the same day, except with more time.
            is_final = is_recent and fault_of(m.cause) is Fault.PROCESS and not self._has_more_time_than(m)
            if m.is_ok or m.cause.is_deterministic or is_final:
                look = replace(self._look_of(m), doubt=_doubt(m, is_ours=is_ours))
                # Settings with stored rounds of an unfinished final comparison are judged only by further rounds.
                look = replace(look, is_suspect=look.is_suspect and m.key not in raced)
                if look.has_value or look.fault is not Fault.NONE:
                    found[cells[m.key]] = look
        return found

    def _has_more_time_than(self, m: Measurement) -> bool:
        """Whether a measurement was stopped by a time limit that is shorter than this search's time limit."""
        return m.cause is Cause.TIMED_OUT and float(m.provenance.get(_TIMEOUT, "inf")) < self._timeout_s

    def look(self, cell: int) -> Look:
        candidate = self._candidate(cell)
        started = perf_counter()
        self._on_block(cell)
        candidate.prepare()
        if candidate.is_ok:
            candidate.run_block(0, plan=self._plan(_LOOK_S, least_calls=2))
        if candidate.is_ok and self._objective == Objective.MEMORY:
            candidate.run_memory_pass()
        m = self._measurement(candidate, new_turns_id())
        self._store.add(m)
        look = replace(self._look_of(m), cost_s=perf_counter() - started)
        self._count(candidate.blocks)
        return replace(look, doubt=_DISTURBED if look.is_suspect else 0.0)

    def weigh(self, cell: int) -> Look:
        """Measure the peak memory of a combination of settings, and store it with the combination's first block."""
        candidate = self._candidate(cell)
        started = perf_counter()
        self._on_block(cell)
        candidate.prepare()
        earlier = self._store.find(key=self._keys[cell])
        if earlier and earlier[0].is_ok:
            candidate.go_on_from(earlier[0])
        if candidate.is_ok:
            candidate.run_memory_pass()
        turns = earlier[0].provenance.get(TURNS) if earlier else None
        m = self._measurement(candidate, str(turns or new_turns_id()))
        self._store.add(m)
        return replace(self._look_of(m), cost_s=perf_counter() - started)

    def run(self, arm: int, number: int) -> Look:
        candidate = self._racing.get(arm) or self._join_race(arm)
        if number == 1:
            self._forget_rounds_of_other_arms()
        kept = [block for block in candidate.blocks if block.round == number]
        started = perf_counter()
        if not kept and candidate.is_ok:
            self._on_block(arm)
            candidate.run_block(number, plan=self._plan(_RUN_S, least_calls=3))
            if candidate.is_ok and self._objective == Objective.MEMORY:
                candidate.run_memory_pass()
            self._count(candidate.blocks[-1:])
            self._store.rounds.keep([candidate.unfinished(self.machine, self._made(self._turns))])
        m = self._measurement(candidate, self._turns)
        blocks = tuple(block for block in m.blocks if block.round == number)
        return replace(self._look_of(replace(m, blocks=blocks)), cost_s=perf_counter() - started)

    def finish(self, *, weighed: Collection[int], is_complete: bool) -> dict[int, Measurement]:
        """Measure the peak memory of the settings in `weighed`, and return the measurements of all finalists by cell.

        The rounds of a complete final comparison become a part of the store. An incomplete one stays in the store as
        unfinished rounds, to which the next search with the same request adds further rounds.
        """
        found = {}
        for arm, candidate in self._racing.items():
            if arm in weighed and candidate.is_ok and self._objective != Objective.MEMORY:
                candidate.run_memory_pass()
            found[arm] = self._measurement(candidate, self._turns)
            if is_complete:
                self._store.add(found[arm])
        return found

    def _join_race(self, arm: int) -> Candidate:
        """Make a finalist that continues the rounds which an earlier process of this search stored."""
        candidate = self._racing[arm] = self._candidate(arm)
        candidate.prepare()
        for m in self._kept([self._keys[arm]]):
            candidate.go_on_from(m)
            self._turns = str(m.provenance[TURNS])
        self._n_kept[arm] = len(candidate.blocks)
        return candidate

    def _forget_rounds_of_other_arms(self) -> None:
        """Forget stored rounds if a new finalist joins: rounds run later are not in turns with the stored rounds.

        If the earlier process ended in the first round, finalists without a round yet do not count as new.
        """
        if min(self._n_kept.values()) == 0 and max(self._n_kept.values()) > 1:
            for candidate in self._racing.values():
                candidate.blocks = [block for block in candidate.blocks if block.round == 0]
            self._turns = new_turns_id()
        self._n_kept = dict.fromkeys(self._n_kept, 1)

    def _kept(self, keys: Sequence[str]) -> list[Measurement]:
        """The stored rounds of a final comparison that an earlier process of this search did not complete."""
        latest = (datetime.now(UTC) - GOES_ON_FOR).isoformat(timespec="seconds")
        kept = self._store.rounds.of(keys)
        return [m for m in kept if m.provenance.get(STUDY) == self.study_id and m.began >= latest]

    def _candidate(self, cell: int) -> Candidate:
        return Candidate(self._space.trials[cell], self._inputs, Plan(blocks=0, seconds=_LOOK_S))

    def _plan(self, seconds: float, *, least_calls: int) -> Plan:
        return Plan(blocks=0, seconds=seconds, least_calls=least_calls, timeout_s=self._timeout_s)

    def _made(self, turns: str) -> dict[str, str]:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return {"time": now, TURNS: turns, STUDY: self.study_id}

    def _measurement(self, candidate: Candidate, turns: str) -> Measurement:
        made = {TURNS: turns, STUDY: self.study_id, _TIMEOUT: f"{self._timeout_s:.6g}"}
        return candidate.measurement(self.machine, {**provenance(), **made})

    def _count(self, blocks: Sequence[Block]) -> None:
        self.n_blocks += len(blocks)
        self.n_suspect += sum(bool(block.suspect) for block in blocks)

    def _look_of(self, m: Measurement) -> Look:
        fault, note = fault_of(m.cause), m.note.removeprefix(f"{m.trial.label}:").strip()
        agreement_db = None
        if m.agreement is not None:
            agreement_db = math.inf if m.agreement.psnr_db is None else m.agreement.psnr_db
        elif m.is_ok and m.blocks and self._limits.min_agreement_db is not None:
            fault, note = (
                Fault.PICTURE,
                f"there is no reference output of backend {m.trial.reference} to agree with",
            )
        quality = [m.quality[name] for name in ("psnr_db", "psnr_y_db") if name in m.quality]
        (row,) = summarise([m])
        return Look(
            value=self._value(m, row.peak_bytes) if m.is_ok else math.nan,
            calls_s=tuple(s for calls in m.samples_s for s in calls),
            cost_s=_seconds_a_block(m),
            agreement_db=agreement_db,
            psnr_db=quality[0] if quality else None,
            memory_bytes=row.peak_bytes,
            fault=fault,
            note=note,
            is_suspect=2 * sum(bool(block.suspect) for block in m.blocks) >= max(1, len(m.blocks)),
        )

    def _value(self, m: Measurement, peak_bytes: int | None) -> float:
        if self._objective == Objective.MEMORY:
            return math.nan if peak_bytes is None else float(peak_bytes)
        if self._objective == Objective.THROUGHPUT:
            logs = [log_median(seconds_a_picture(block, m.trial)) for block in m.blocks]
        else:
            logs = [log_median(run.samples_s) for block in m.blocks for run in block.workers]
        return math.exp(float(np.mean(logs))) if logs else math.nan


def fault_of(cause: Cause) -> Fault:
    """The kind of fault of a measurement, which decides which other combinations of settings share the fault."""
    return _FAULTS.get(cause, Fault.CODE)


def _seconds_a_block(m: Measurement) -> float:
    firsts = [block.workers[0] for block in m.blocks if block.workers]
    return sum(sum(run.stages_s.values()) + sum(run.samples_s) for run in firsts) / max(1, len(firsts))


def _doubt(m: Measurement, *, is_ours: bool) -> float:
    """Standard deviation of the log value between a stored and a new measurement of the same settings."""
    return (0.02 if is_ours else _OTHER_DAY) + (_DISTURBED if m.suspect else 0.0)
