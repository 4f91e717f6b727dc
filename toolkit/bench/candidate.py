"""One trial while it is being measured: what is known so far, and what ended it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from toolkit.bench.agreement import against_full_size, agreement
from toolkit.bench.block import Outputs, cold_first_s, memory_pass, run_block
from toolkit.bench.ground_truth import MATTE, mean, quality_of, truth_of
from toolkit.bench.inputs import Inputs
from toolkit.bench.judge import question_id
from toolkit.bench.plan import Plan
from toolkit.bench.references import prepare_exports, references
from toolkit.contracts.backend import BACKENDS
from toolkit.contracts.fingerprint import provenance
from toolkit.contracts.measurement import Agreement, Block, Measurement
from toolkit.contracts.operation import OPERATIONS, Operation
from toolkit.contracts.outcome import Cause
from toolkit.contracts.trial import Trial
from toolkit.core.errors import InvalidValue, TrialFailed, Unavailable, Unsupported
from toolkit.images.image import Image
from toolkit.machine.diagnosis import Finding, diagnose
from toolkit.machine.memory import Memory
from toolkit.workers.process import WorkerFailed

_UNSURE_SHARE = 0.25  # of a matte; portraits have 0.02 to 0.19, a cup of coffee 0.26 to 0.61


@dataclass
class Candidate:
    """Collects blocks, memory, agreement and quality of one trial; whatever stops it becomes its answer."""

    trial: Trial
    inputs: Inputs
    cause: Cause = Cause.NONE
    note: str = ""
    blocks: list[Block] = field(default_factory=list)
    memory: Memory | None = None
    agreement: Agreement | None = None
    quality: dict[str, float] = field(default_factory=dict)
    cold_first_s: float | None = None
    _judged: set[tuple[str, str]] = field(default_factory=set)
    _by_photo: dict[str, dict[str, float]] = field(default_factory=dict)
    _worst: tuple[str, str] = "", ""  # photo that agrees least, and what to know of it
    _idle_cpus: list[float | None] = field(default_factory=list)

    @property
    def is_ok(self) -> bool:
        """Whether nothing has stopped it so far."""
        return self.cause is Cause.NONE

    def prepare(self, plan: Plan) -> None:
        """Find out whether it can run, and make the reference outputs before anything is timed.

        Raises
        ------
        InvalidValue
            The operation or backend exists in this process only.
        """
        trial = self.trial
        op, backend = trial.op, trial.runtime
        if OPERATIONS.source(op.name) is None or BACKENDS.source(backend.name) is None:
            raise InvalidValue(
                f"{trial.label} was added in this process, and workers are fresh processes: "
                "put it in a file and load that with --plugin or tk.load_plugin(path)."
            )
        self.inputs.paths(trial)

        def look() -> None:
            backend.check(trial.placement)
            op.require(backend, trial.resolved)
            prepare_exports(trial)
            references(trial, trial.images, self.inputs, timeout_s=plan.timeout_s)
            if trial.steps:
                self._full_size(list(trial.images), plan)

        self._guard(look)

    def start_cold(self, plan: Plan) -> None:
        """First call with an empty on-disk cache, for a backend that keeps one."""

        def run() -> None:
            self.cold_first_s = cold_first_s(self.trial, self.inputs, plan)

        self._guard(run)

    def run_block(self, plan: Plan, number: int, *, sentinel_s: float | None = None) -> None:
        """One more block; an output that is wrong makes the trial ``failed``, its time is kept.

        `sentinel_s`, what the sentinel took in this round, is kept among the block's noise.
        """

        def run() -> None:
            block = run_block(
                self.trial,
                self.inputs,
                plan,
                number=number,
                seen=self._judged,
                judge=lambda outputs: self._judge(outputs, plan),
                remark=self._remark,
            )
            used = {str(run.observed.get("device", "")) for run in block.workers} - {""}
            if used - {self.trial.placement.device}:
                raise Unavailable(
                    f"device {self.trial.placement.device!r} was asked of backend {self.trial.backend}, "
                    f"and it ran on {', '.join(sorted(used))}."
                )
            noise = {**block.noise, "sentinel_s": sentinel_s}
            self.blocks.append(replace(block, noise=noise))
            wrong = self.trial.wrong_size
            if wrong:
                self._stop(Cause.WRONG_SIZE, f"{wrong} {self._seen_wrong()}".rstrip())
            elif self.agreement is not None and not self.agreement.agrees:
                self._stop(Cause.DISAGREED, self._disagreement())

        self._guard(run)

    def run_memory_pass(self, plan: Plan) -> None:
        """Peak memory, in processes of their own."""

        def run() -> None:
            self.memory, self._idle_cpus = memory_pass(self.trial, self.inputs, plan)

        self._guard(run)

    def measurement(self, machine: Mapping[str, Any]) -> Measurement:
        """The answer as it stands; `machine` is a fingerprint."""
        return Measurement(
            trial=self.trial,
            status=self.cause.status,
            cause=self.cause,
            note=self.note,
            blocks=tuple(self.blocks),
            memory=self.memory,
            agreement=self.agreement,
            quality=self.quality,
            cold_first_s=self.cold_first_s,
            findings=self._findings(machine),
            input_note=self.inputs.note(self.trial),
            environment_id=question_id(self.trial, machine),
            fingerprint=machine,
            provenance=provenance(),
        )

    def _findings(self, machine: Mapping[str, Any]) -> tuple[Finding, ...]:
        """Hold the threads of the last block's workers against what was asked and allowed."""
        if not self.blocks:
            return ()
        ledgers = [dict(run.observed["ledger"]) for run in self.blocks[-1].workers]
        for ledger, idle in zip(ledgers, self._idle_cpus, strict=False):  # none after a failure
            ledger["idle_cpus"] = idle
        place = self.trial.placement
        found = diagnose(
            threads=place.threads,
            workers=self.trial.workers,
            cpu=machine["cpu"],
            observed=ledgers,
            settings=self.blocks[-1].workers[0].observed,
        )
        return tuple(found)

    def _guard(self, work: Callable[[], None]) -> None:
        """Turn what a worker met into the trial's answer."""
        try:
            work()
        except (Unavailable, Unsupported) as error:
            self._stop(Cause.of(error), str(error))
        except WorkerFailed as error:
            self._stop(error.cause, f"{self.trial.label}: {error}")
        except (InvalidValue, TrialFailed) as error:  # weights or a graph that cannot be used
            self._stop(Cause.of(error), f"{self.trial.label}: {error}")

    def _stop(self, cause: Cause, note: str) -> None:
        self.cause, self.note = cause, note

    def _remark(self, sentence: str) -> None:
        self.note = f"{self.trial.label}: {sentence}"

    def _judge(self, outputs: Outputs, plan: Plan) -> None:
        """Hold timed outputs against the reference, where the worst one counts, and against the truth."""
        tolerance, reference = self.trial.tolerance, self.trial.reference
        for name, output in outputs:
            right = references(self.trial, [name], self.inputs, timeout_s=plan.timeout_s)
            if right is not None:
                found = agreement(output, right[name], tolerance=tolerance, backend=reference)
                if self.agreement is None or _badness(found) > _badness(self.agreement):
                    self.agreement, self._worst = found, (name, _no_clear_person(self.trial.op, right[name]))
            judges_shrinking = self.trial.steps and not self.trial.is_untrained
            full = self._full_size([name], plan) if judges_shrinking else None
            if full is not None:
                quality = against_full_size(output, full[name])
                self.quality = min(filter(None, (self.quality, quality)), key=lambda one: one["psnr_db"])
            self._by_photo[name] = quality_of(self.trial, output, truth_of(self.trial, name))
        self.quality = mean(filter(None, self._by_photo.values())) or self.quality

    def _full_size(self, photos: list[str], plan: Plan) -> dict[str, Image] | None:
        return references(self.trial.with_(steps=()), photos, self.inputs, timeout_s=plan.timeout_s)

    def _seen_wrong(self) -> str:
        found = self.agreement
        if found is None or found.beyond_share == 0:
            return ""
        return f"Here {found.beyond_share:.1%} of the values are off, the worst by {found.max_abs} of 255 levels."

    def _disagreement(self) -> str:
        found = self.agreement
        assert found is not None
        precision, least_db = self.trial.placement.precision, self.trial.tolerance.psnr_db
        how = f"{found.beyond_share:.2%} of the values are too far off"
        if found.psnr_db is not None and found.psnr_db < least_db:
            how = f"PSNR {found.psnr_db:.1f} dB where {precision} must reach {least_db:g} dB"
        photo, why = self._worst
        where = f" on {photo}" * (len(self.trial.images) > 1)
        return (
            f"{self.trial.label} disagrees with the {found.reference} reference{where}: {how}, "
            f"the worst value by {found.max_abs} of 255 levels.{why}"
        )


def _no_clear_person(op: Operation, matte: Image) -> str:
    """What to know of a matte that is between all and nothing; ``""`` for one that is not, and for other tasks."""
    if op.task != MATTE or matte.shape[-1] != 1:
        return ""
    share = np.count_nonzero((matte > 25) & (matte < 230)) / matte.size
    if share < _UNSURE_SHARE:
        return ""
    return (
        f" {share:.0%} of that matte is between 10 and 90 %: no clear person was seen there, and rounding moves such a "
        "matte most. Portraits tell more."
    )


def _badness(found: Agreement) -> tuple[bool, float, float]:
    psnr_db = math.inf if found.psnr_db is None else found.psnr_db
    return not found.agrees, found.beyond_share, -psnr_db
