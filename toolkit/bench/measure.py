"""From trials to measurements: interleaved rounds of fresh processes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from toolkit.bench.block import Plan, memory_pass, run_block
from toolkit.bench.inputs import Inputs
from toolkit.bench.lock import measuring_lock
from toolkit.bench.process import WorkerFailed
from toolkit.bench.quality import against_full_size, agreement
from toolkit.bench.references import after_steps, references
from toolkit.core.backend import BACKENDS
from toolkit.core.errors import InvalidValue, Unavailable, Unsupported
from toolkit.core.image import Image
from toolkit.core.machine import environment_id, fingerprint, provenance
from toolkit.core.measurement import FAILED, OK, SKIPPED, Agreement, Block, Measurement, Memory
from toolkit.core.operation import OPERATIONS
from toolkit.core.trial import Trial, parse_trial

QUICK = Plan(blocks=3, seconds=0.3)
FULL = Plan(blocks=7, seconds=1.0)


@dataclass
class _Candidate:
    """What is known so far of one trial of a group."""

    trial: Trial
    blocks: list[Block] = field(default_factory=list)
    status: str = OK
    cause: str = ""
    note: str = ""
    memory: Memory | None = None
    agreement: Agreement | None = None
    quality: dict[str, float] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    stopped: bool = False

    def stop(self, status: str, cause: str, note: str) -> None:
        self.status, self.cause, self.note, self.stopped = status, cause, note, True


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
    trials: Sequence[Trial], *, plan: Plan = QUICK, on_block: Callable[[Trial], None] | None = None
) -> Iterator[Measurement]:
    """Measure trials in turns, so that drift of the machine hits all alike.

    In each round every trial gets one block; the order is drawn anew for even rounds and reversed for odd ones.
    The caller holds the measuring lock.

    Parameters
    ----------
    on_block : callable, optional
        Told the trial after each block and each memory pass.

    Yields
    ------
    Measurement
        In the order of `trials`, after the last round.
    """
    told = on_block or (lambda trial: None)
    candidates = [_Candidate(trial) for trial in trials]
    with Inputs() as inputs:
        for candidate in candidates:
            _prepare(candidate, inputs, plan)
        order = list(candidates)
        for number in range(plan.blocks):
            order = order[::-1] if number % 2 else random.sample(candidates, len(candidates))
            for candidate in order:
                if not candidate.stopped:
                    _guarded(candidate, lambda c=candidate: _one_block(c, inputs, plan, number))  # type: ignore[misc]  # noqa: B023
                told(candidate.trial)
        for candidate in candidates:
            if candidate.status == OK:
                _guarded(candidate, lambda c=candidate: _one_memory_pass(c, inputs, plan))  # type: ignore[misc]
            told(candidate.trial)
        machine = fingerprint()
        for candidate in candidates:
            yield Measurement(
                trial=candidate.trial,
                status=candidate.status,
                cause=candidate.cause,
                note=candidate.note,
                blocks=tuple(candidate.blocks),
                memory=candidate.memory,
                agreement=candidate.agreement,
                quality=candidate.quality,
                input_note=inputs.note(candidate.trial),
                environment_id=environment_id(candidate.trial, machine),
                fingerprint=machine,
                provenance=provenance(),
            )


def _guarded(candidate: _Candidate, work: Callable[[], None]) -> None:
    """Turn what a worker met into the trial's answer."""
    try:
        work()
    except Unavailable as error:
        candidate.stop(SKIPPED, "unavailable", str(error))
    except Unsupported as error:
        candidate.stop(SKIPPED, "unsupported", str(error))
    except WorkerFailed as error:
        candidate.stop(FAILED, error.cause, f"{candidate.trial.label} {error}")


def _prepare(candidate: _Candidate, inputs: Inputs, plan: Plan) -> None:
    """Skip what cannot run; make the reference outputs before anything is timed."""
    trial = candidate.trial
    op, backend = OPERATIONS[trial.operation], BACKENDS[trial.backend]
    if OPERATIONS.source(op.name) is None or BACKENDS.source(backend.name) is None:
        raise InvalidValue(
            f"{trial.label} was added in this process, and workers are fresh processes: "
            "put it in a file and load that with --plugin or tk.load_plugin(path)."
        )
    inputs.paths(trial)

    def look() -> None:
        backend.check(trial.placement)
        op.require(backend)
        if not op.runs_on(backend):
            raise Unsupported(
                f"{op.name} has no way to run on backend {backend.name!r}; it runs on {', '.join(op.kernels)}."
            )
        references(trial, trial.images, inputs, timeout_s=plan.timeout_s)
        if trial.steps:
            references(trial.with_(steps=()), trial.images, inputs, timeout_s=plan.timeout_s)

    _guarded(candidate, look)


def _one_block(candidate: _Candidate, inputs: Inputs, plan: Plan, number: int) -> None:
    trial = candidate.trial

    def judge(outputs: dict[str, Image]) -> None:
        _judge(candidate, outputs, inputs, plan)

    block = run_block(trial, inputs, plan, number=number, seen=candidate.seen, judge=judge)
    candidate.blocks.append(block)
    height, width = after_steps(trial)
    op = OPERATIONS[trial.operation]
    reason = op.wrong_because(trial.backend, height, width, op.resolve(dict(trial.params)))
    if reason:  # one block is enough for a time to a wrong picture
        candidate.stop(FAILED, "wrong size", reason)
    elif candidate.agreement is not None and not candidate.agreement.agrees:
        candidate.stop(FAILED, "disagreed", _disagreement(candidate))


def _one_memory_pass(candidate: _Candidate, inputs: Inputs, plan: Plan) -> None:
    candidate.memory = memory_pass(candidate.trial, inputs, plan)


def _judge(candidate: _Candidate, outputs: dict[str, Image], inputs: Inputs, plan: Plan) -> None:
    """Hold timed outputs against the reference; the worst photo counts."""
    trial, op = candidate.trial, OPERATIONS[candidate.trial.operation]
    right = references(trial, list(outputs), inputs, timeout_s=plan.timeout_s)
    if right is not None:
        found = [
            agreement(output, right[name], tolerance=op.tolerance, backend=op.reference)
            for name, output in outputs.items()
        ]
        known = [candidate.agreement] if candidate.agreement else []
        candidate.agreement = max([*known, *found], key=lambda a: (not a.agrees, a.beyond_share, a.mean_abs))
    if trial.steps:
        full = references(trial.with_(steps=()), list(outputs), inputs, timeout_s=plan.timeout_s)
        if full is not None:
            each = [against_full_size(output, full[name]) for name, output in outputs.items()]
            known_quality = [candidate.quality] if candidate.quality else []
            candidate.quality = min([*known_quality, *each], key=lambda q: q["psnr_db"])


def _disagreement(candidate: _Candidate) -> str:
    found = candidate.agreement
    assert found is not None
    return (
        f"{candidate.trial.label} disagrees with the {found.reference} reference: "
        f"{found.beyond_share:.2%} of the values are too far off, the worst by {found.max_abs} of 255 levels."
    )
