"""Time the procedures of a case study in turns, each time in a fresh process, and make its further measurements."""

from __future__ import annotations

import random
import tempfile
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from toolkit.bench.lock import measuring_lock
from toolkit.contracts.fingerprint import fingerprint
from toolkit.core.errors import AtelierError, Unavailable, invalid, unknown
from toolkit.images.image import Image
from toolkit.machine.graphics import STEADY_S, GraphicsWatch
from toolkit.machine.hardware import allowed_cpus
from toolkit.machine.memory import TreeSampler
from toolkit.machine.noise import compare, snapshot
from toolkit.studies.cases.case import Case, Judged
from toolkit.studies.cases.case_run import FAILED, SKIPPED, CaseRun, ProcedureBlock, ProcedureRow, save_run
from toolkit.studies.cases.fresh_process import FreshProcess
from toolkit.studies.cases.procedure import Probe, Procedure, Settings
from toolkit.studies.cases.register import case_of

MOST_REQUESTS = 30
"""Largest number of requests that one process makes after its first request."""
_MOST_ON_CARD = 2000
"""Largest number of requests while a graphics card's use is sampled; many are needed, as drivers average the use."""


def measure_case(
    name: str,
    settings: Mapping[str, Any],
    *,
    rounds: int = 3,
    seconds: float = 1.0,
    budget_s: float | None = None,
    only: Collection[str] = (),
    on_turn: Callable[[str], None] = lambda words: None,
) -> CaseRun:
    """Run a case study: time its procedures in turns, make its further measurements and pictures, store the results.

    In each round every procedure runs one block: a fresh process that opens the procedure, answers one request, and
    then answers requests for some seconds; a request of at least `LONG_S` seconds is made once if its first time is
    like later ones. The procedures of a round are in random order, and every second round reverses the order of the
    round before.

    Parameters
    ----------
    name : str
        Name of the case, such as ``1_art_workshop``.
    settings : mapping
        Settings of the case's procedures, such as the size of the pictures.
    rounds : int
        Number of rounds, at least 1. A run with fewer than 3 rounds has no confidence intervals and no findings.
    seconds : float
        Time for which a process answers requests, s; a process whose first request takes longer answers only one
        more request.
    budget_s : float, optional
        A round that is not expected to end within this time is not started; the first round always runs.
    only : collection of str
        Names of the procedures and probes to measure, or empty to measure all; the case's page lists others as skipped.
    on_turn : callable
        A function that is called before each measurement with a text that names the procedure or probe.

    Raises
    ------
    UnknownName, InvalidValue
        No case has this name, or `rounds` is below 1.
    """
    case = case_of(name)
    known = [one.name for one in (*case.procedures, *case.probes)]
    for one in only:
        if one not in known:
            raise unknown(f"procedure or probe of case {name}", one, known)
    if rounds < 1:
        raise invalid("rounds", f"case {name}", "at least 1", rounds)
    with measuring_lock(), tempfile.TemporaryDirectory(prefix="atelier-case-") as folder:
        notes = {one.name: _why_not(one, settings, only) for one in (*case.procedures, *case.probes)}
        turns = _Turns(case, settings, Path(folder), seconds=seconds, notes=notes, on_turn=on_turn)
        is_cut = turns.run(rounds, budget_s)
        if rounds > 1:
            turns.sample_memory()
        facts, errors = _probed(case, settings, notes, on_turn)
        run = CaseRun(
            case=name,
            settings=dict(settings),
            rounds=rounds,
            rows=turns.rows(),
            facts=facts,
            errors=errors,
            machine=fingerprint(),
            time=datetime.now(UTC).isoformat(timespec="seconds"),
            is_cut=is_cut,
        )
        pictures = turns.pictures()
        run = replace(run, rows=_judged(run.rows, case.judge(settings, pictures)))
        run = replace(run, pictures=case.shown(settings, pictures, run))
    save_run(run)
    return run


class _Turns:
    """Runs the blocks of all procedures of a case that can run on this machine."""

    def __init__(
        self,
        case: Case,
        settings: Settings,
        folder: Path,
        *,
        seconds: float,
        notes: Mapping[str, str],
        on_turn: Callable[[str], None],
    ) -> None:
        self._case, self._settings, self._folder = case, settings, folder
        self._seconds, self._on_turn = seconds, on_turn
        self._notes = dict(notes)
        self._failed: dict[str, str] = {}
        self._blocks: dict[str, list[ProcedureBlock]] = defaultdict(list)
        self._stages: dict[str, dict[str, float]] = {}
        self._memory: dict[str, dict[str, int | None]] = {}

    @property
    def _able(self) -> list[Procedure]:
        return [
            one for one in self._case.procedures if not self._notes[one.name] and one.name not in self._failed
        ]

    def run(self, rounds: int, budget_s: float | None) -> bool:
        """Measure all procedures in rounds; returns whether the time budget left out some of the rounds."""
        began, order = perf_counter(), self._able
        for number in range(rounds):
            spent_s = perf_counter() - began
            if number and budget_s is not None and spent_s * (number + 1) / number > budget_s:
                return True
            order = order[::-1] if number % 2 else random.sample(self._able, len(self._able))
            for procedure in order:
                if procedure in self._able:
                    self._on_turn(f"round {number + 1} of {rounds}: {procedure.words}")
                    self._run_block(procedure, number)
        return False

    def _run_block(self, procedure: Procedure, number: int) -> None:
        job = self._job(procedure, seconds=self._seconds, most=MOST_REQUESTS, keeps=number == 0)
        try:
            with FreshProcess() as process:
                before = snapshot()
                answer = process.run(job)
                _, suspect = compare(before, snapshot(), expected_busy_cpus=allowed_cpus())
                spawn_s = process.spawn_s
        except Unavailable as error:
            self._notes[procedure.name] = f"{error} {procedure.how_to_get}".strip()
            return
        except AtelierError as error:
            self._failed[procedure.name] = str(error)
            return
        self._stages[procedure.name] = answer.pop("stages_s")
        self._note_peak(procedure, answer.pop("peak_bytes"))
        block = ProcedureBlock(round=number, spawn_s=spawn_s, suspect=list(suspect), **answer)
        self._blocks[procedure.name].append(block)

    def _note_peak(self, procedure: Procedure, peak_bytes: int | None) -> None:
        """Keep the peak memory of a procedure that is one process; the memory of pools is sampled after the rounds."""
        if peak_bytes is None or procedure.is_on_card:
            return
        before = self._memory.get(procedure.name, {}).get("peak_bytes") or 0
        self._memory[procedure.name] = {"peak_bytes": max(before, peak_bytes), "processes": 1}

    def sample_memory(self) -> None:
        """Sample memory of pools, and memory and use of a graphics card, in processes whose times are not used."""
        for procedure in self._able:
            if procedure.name in self._memory:
                continue
            self._on_turn(f"memory: {procedure.words}")
            try:
                self._memory[procedure.name] = self._sampled(procedure)
            except AtelierError as error:
                self._failed[procedure.name] = str(error)

    def _sampled(self, procedure: Procedure) -> dict[str, int | None]:
        with (
            FreshProcess() as process,
            GraphicsWatch([process.pid], is_wanted=procedure.is_on_card) as card,
            TreeSampler([process.pid]) as sampler,
        ):
            seconds, most = (2 * STEADY_S, _MOST_ON_CARD) if card.is_watching else (0.0, 1)
            answer = process.run(self._job(procedure, seconds=seconds, most=most, keeps=False))
            card.steady_for(sum(answer["samples_s"]))
            sampler.finish()
        peak = sampler.peak
        largest = peak.rss_peak_bytes if peak.pss_peak_bytes is None else peak.pss_peak_bytes
        return {
            "peak_bytes": largest,
            "processes": peak.processes,
            "card_bytes": card.peak_bytes,
            "card_busy_percent": card.busy_percent,
        }

    def _job(self, procedure: Procedure, *, seconds: float, most: int, keeps: bool) -> dict[str, Any]:
        return {
            "case": self._case.name,
            "procedure": procedure.name,
            "settings": dict(self._settings),
            "seconds": seconds,
            "most": most,
            "keep": str(self._file(procedure.name)) if keeps else "",
        }

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.npz"

    def pictures(self) -> dict[str, dict[str, Image]]:
        """For each procedure, the pictures of the last request in the first process that ran the procedure."""
        found = {}
        for procedure in self._able:
            with np.load(self._file(procedure.name)) as arrays:
                found[procedure.name] = {name: arrays[name] for name in arrays.files}
        return found

    def rows(self) -> list[ProcedureRow]:
        """A result for each procedure, including procedures that could not run."""
        return [self._row(procedure) for procedure in self._case.procedures]

    def _row(self, procedure: Procedure) -> ProcedureRow:
        name, settings = procedure.name, self._settings
        row = ProcedureRow(
            name=name,
            words=procedure.words,
            origin=procedure.origin,
            against=procedure.against,
            size=procedure.size(settings),
            batch=procedure.batch(settings),
        )
        if self._notes[name]:
            return replace(row, status=SKIPPED, note=self._notes[name])
        if name in self._failed:
            return replace(row, status=FAILED, note=self._failed[name])
        memory = self._memory.get(name, {})
        return replace(row, blocks=self._blocks[name], stages_s=self._stages[name], **memory)


def _probed(
    case: Case, settings: Settings, notes: Mapping[str, str], on_turn: Callable[[str], None]
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Make a case study's further measurements (probes); returns the values and the errors of all probes by name."""
    facts, errors = {}, {}
    for probe in case.probes:
        if missing := notes[probe.name]:
            errors[probe.name] = missing
            continue
        on_turn(f"probe: {probe.words}")
        job = {"case": case.name, "probe": probe.name, "settings": dict(settings)}
        try:
            with FreshProcess() as process:
                facts[probe.name] = process.run(job)["facts"]
        except AtelierError as error:
            errors[probe.name] = str(error)
    return facts, errors


def _why_not(one: Procedure | Probe, settings: Settings, only: Collection[str]) -> str:
    """Why a procedure or probe is not measured, and how to measure it; ``""`` if it is measured."""
    if only and one.name not in only:
        return "The parameter 'only' names other procedures or probes; to measure all of them, add: -p only '[]'."
    return one.missing(settings)


def _judged(rows: list[ProcedureRow], judged: Mapping[str, Judged]) -> list[ProcedureRow]:
    found = []
    for row in rows:
        one = judged.get(row.name, Judged())
        found.append(replace(row, psnr_db=dict(one.psnr_db), quality=one.words, is_wrong=one.is_wrong))
    return found
