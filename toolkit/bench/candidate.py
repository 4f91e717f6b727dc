"""Measure one trial: prepare it, run it several times in new processes (blocks), and stop at the first failure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from toolkit.bench.block import cold_first_s, memory_pass, run_block
from toolkit.bench.executors import check_executor
from toolkit.bench.inputs import Inputs
from toolkit.bench.judge import Judge, question_id
from toolkit.bench.plan import Plan
from toolkit.bench.references import prepare_exports
from toolkit.contracts.backend import BACKENDS
from toolkit.contracts.measurement import Block, Measurement
from toolkit.contracts.operation import OPERATIONS
from toolkit.contracts.outcome import Cause
from toolkit.contracts.trial import Trial
from toolkit.core.errors import InvalidValue, TrialFailed, Unavailable, Unsupported
from toolkit.machine.diagnosis import Finding, diagnose
from toolkit.machine.memory import Memory
from toolkit.workers.process import WorkerFailed

ColdStarts = dict[tuple[object, ...], float | None]
"""Maps results of `compiles_as` to the duration, s, of a first call with an empty cache (None: no cache)."""


def compiles_as(trial: Trial) -> tuple[object, ...]:
    """A value that is equal for trials that compile the same code, whatever their threads, workers, steps and size."""
    place = trial.placement
    return (trial.operation, trial.backend, trial.params, place.device, place.precision, place.options)


class Candidate:
    """Collects the times (blocks) and the peak memory of one trial; the first failure ends the trial's measurement.

    Parameters
    ----------
    trial : Trial
        The trial to measure.
    inputs : Inputs
        The object that makes the input pictures of the trial.
    plan : Plan
        How many blocks (runs in new processes) and calls to measure.
    """

    def __init__(self, trial: Trial, inputs: Inputs, plan: Plan) -> None:
        self.trial = trial
        self.cause = Cause.NONE
        self._cold_first_s: float | None = None
        self._inputs, self._plan = inputs, plan
        self._judge = Judge(trial, inputs, plan.timeout_s)
        self._note = ""
        self.blocks: list[Block] = []
        self._memory: Memory | None = None
        self._idle_cpus: list[float | None] = []

    @property
    def is_ok(self) -> bool:
        """Whether no part of the trial has failed so far."""
        return self.cause is Cause.NONE

    def go_on_from(self, unfinished: Measurement) -> None:
        """Continue the unfinished measurement of an earlier process: take over its times and verdicts on outputs."""
        self.cause, self._note = unfinished.cause, unfinished.note
        self.blocks = list(unfinished.blocks)
        self._cold_first_s = unfinished.cold_first_s
        self._judge.go_on_from(unfinished)

    def prepare(self) -> None:
        """Check that the trial can run, and make its exports and reference outputs before anything is timed.

        Raises
        ------
        InvalidValue
            The operation or backend exists in this process only, or the executor cannot run the trial.
        UnknownName
            There is no executor with the name that the trial gives.
        """
        trial = self.trial
        if OPERATIONS.source(trial.operation) is None or BACKENDS.source(trial.runtime.name) is None:
            raise InvalidValue(
                f"{trial.label} uses an operation or backend that exists only in this process, but a trial runs in a "
                "new process: define it in a file, and load the file with --plugin or tk.load_plugin(path)."
            )
        check_executor(trial)
        self._inputs.paths(trial)

        with self._failures_are_answers():
            trial.placed.check()
            prepare_exports(trial)
            self._judge.make_references()

    def start_cold(self, known: ColdStarts) -> None:
        """Time the first call with an empty on-disk cache, once for all trials that compile the same code.

        The measured time includes running a picture, so it depends on the picture size of the trial that is timed.

        Parameters
        ----------
        known : dict
            Durations of the first calls of earlier trials; `start_cold` adds the duration for this trial.
        """
        compiled = compiles_as(self.trial)
        if self._cold_first_s is not None:
            known[compiled] = self._cold_first_s
        if compiled not in known:
            known[compiled] = None
            with self._failures_are_answers():
                known[compiled] = cold_first_s(self.trial, self._inputs, self._plan)
        self._cold_first_s = known[compiled]

    def run_block(self, number: int, *, plan: Plan | None = None, sentinel_s: float | None = None) -> None:
        """Run the trial once more in new processes. After a wrong output its status is ``failed``, but its times stay.

        Parameters
        ----------
        number : int
            Number of the round, in which each trial of a group runs one block.
        plan : Plan, optional
            How many calls to measure in this block; by default the plan of the whole trial.
        sentinel_s : float, optional
            Duration of the sentinel, a small fixed workload, in this round; stored in the block's `noise`.
        """
        with self._failures_are_answers():
            plan = plan or self._plan
            block = run_block(
                self.trial, self._inputs, plan, number=number, judge=self._judge, remark=self._remark
            )
            used = {str(run.observed.get("device", "")) for run in block.workers} - {""}
            if used - {self.trial.placement.device}:
                raise Unavailable(
                    f"backend {self.trial.backend} should run on device {self.trial.placement.device!r}, "
                    f"but it ran on {', '.join(sorted(used))}."
                )
            noise = {**block.noise, "sentinel_s": sentinel_s}
            self.blocks.append(replace(block, noise=noise))
            self._stop(*self._judge.fault())

    def run_memory_pass(self) -> None:
        """Measure the peak memory in processes that are not timed."""
        with self._failures_are_answers():
            self._memory, self._idle_cpus = memory_pass(self.trial, self._inputs, self._plan)

    def unfinished(self, machine: Mapping[str, Any], provenance: Mapping[str, Any]) -> Measurement:
        """The measurement so far, with the data with which `go_on_from` continues the measurement later."""
        return self.measurement(machine, {**provenance, **self._judge.so_far()})

    def measurement(self, machine: Mapping[str, Any], provenance: Mapping[str, Any]) -> Measurement:
        """The result of measuring the trial, made from the blocks (runs in new processes) that have ended.

        Parameters
        ----------
        machine : mapping
            Description of the machine: the result of `fingerprint`.
        provenance : mapping
            Commit, time and load of the machine: see `Measurement.provenance`.
        """
        return Measurement(
            trial=self.trial,
            status=self.cause.status,
            cause=self.cause,
            note=self._note,
            blocks=tuple(self.blocks),
            memory=self._memory,
            agreement=self._judge.agreement,
            quality=self._judge.quality,
            cold_first_s=self._cold_first_s,
            findings=self._findings(machine),
            input_note=self._inputs.note(self.trial),
            environment_id=question_id(self.trial, machine),
            fingerprint=machine,
            provenance=provenance,
        )

    def _findings(self, machine: Mapping[str, Any]) -> tuple[Finding, ...]:
        """Findings on threads: where workers of the last block used other threads than were requested or allowed.

        Workers that are threads of one process share the ledger (the list of threads and their use) of that process.
        """
        if not self.blocks:
            return ()
        runs = self.blocks[-1].workers
        ledgers = [dict(run.observed["ledger"]) for run in runs if "ledger" in run.observed]
        # zip is not strict, because _idle_cpus is empty if the memory could not be measured.
        for ledger, idle in zip(ledgers, self._idle_cpus, strict=False):
            ledger["idle_cpus"] = idle
        place = self.trial.placement
        found = diagnose(
            threads=place.threads,
            workers=self.trial.workers,
            cpu=machine["cpu"],
            observed=ledgers,
            settings=runs[0].observed,
            workers_a_process=len(runs) // len(ledgers) if ledgers else 1,
        )
        return tuple(found)

    @contextmanager
    def _failures_are_answers(self) -> Iterator[None]:
        """Store an error that is raised inside this context as the cause and note of the measurement."""
        try:
            yield
        except (Unavailable, Unsupported) as error:
            self._stop(Cause.of(error), str(error))
        except WorkerFailed as error:
            self._stop(error.cause, f"{self.trial.label}: {error}")
        except (InvalidValue, TrialFailed) as error:  # raised, for example, for an unreadable weights file
            self._stop(Cause.of(error), f"{self.trial.label}: {error}")

    def _stop(self, cause: Cause, note: str) -> None:
        if cause is not Cause.NONE:
            self.cause, self._note = cause, note

    def _remark(self, sentence: str) -> None:
        self._note = f"{self.trial.label}: {sentence}"
