"""The result of measuring a trial, with all raw times, which can be stored as JSON and read on another machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from toolkit.contracts.outcome import Cause, Status
from toolkit.contracts.stored_params import kept_meaning, values_of
from toolkit.contracts.trial import Trial
from toolkit.core.errors import invalid
from toolkit.machine.diagnosis import Finding
from toolkit.machine.memory import Memory

STAGES = ("spawn", "import", "photos", "load", "first")
"""Names of the stages of a worker process before the repeated calls that are measured, in order.

In these stages the interpreter starts, the runtime is imported, the photos are read, the model is loaded or the kernel
built, and the first call is made.
"""

PIPELINE = ("decode", "preprocess", "infer", "postprocess", "encode")
"""Stages of running one picture through a network, from the input file to the output file, in order."""


@dataclass(frozen=True, kw_only=True)
class WorkerRun:
    """Times and outputs of one worker process in one round (block) of a measurement.

    Attributes
    ----------
    stages_s : mapping
        Seconds that each stage of the worker process (`STAGES`) took.
    starts_s, samples_s : tuple of float
        Start, on the machine's monotonic clock, and duration of each call after the first call, in order.
    cpu_s : float
        Processor time (user and system) of the calls after the first call.
    involuntary_switches : int
        Number of times that the system gave the processor to another process during the calls after the first call.
    run_delay_s : float or None
        Time in which the process could run but waited for a processor (schedstat); None if the time cannot be read.
    observed : mapping
        Number of threads and device that the runtime and the operating system report.
    outputs : mapping of photo to digests
        For each photo, the content hashes of the different outputs of the last timed call with this photo.
    pipeline_s : mapping
        Median seconds of each stage of `PIPELINE` for one picture; empty if the stages were not timed.
    """

    stages_s: Mapping[str, float]
    starts_s: tuple[float, ...] = ()
    samples_s: tuple[float, ...] = ()
    cpu_s: float = 0.0
    involuntary_switches: int = 0
    run_delay_s: float | None = None
    observed: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    pipeline_s: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> WorkerRun:
        """The worker run that ``asdict`` converted to `plain`; the dict may come from JSON.

        A store written before 29 November 2026 names the stage ``photos`` "load", and the stage ``load`` "build".
        """
        stages_s = dict(plain["stages_s"])
        if "build" in stages_s:
            stages_s |= {"photos": stages_s.pop("load"), "load": stages_s.pop("build")}
        lists = {name: tuple(plain[name]) for name in ("starts_s", "samples_s")}
        return cls(**{**plain, **lists, "stages_s": stages_s})


@dataclass(frozen=True, kw_only=True)
class Block:
    """The part of a trial's measurement in one round, in newly started processes: one process for each worker.

    Attributes
    ----------
    round : int
        Number of the round; in each round every trial runs one block, in random order.
    started : str
        Time at which the trial's part of the round (block) started, ISO 8601, UTC.
    workers : tuple of WorkerRun
        Times and outputs of each worker process.
    noise : mapping
        Readings of the machine around the block (load, steal, pressure, swap, throttling), and ``sentinel_s``: the
        duration of a small fixed workload at the start of the round, which shows whether the machine got slower.
    suspect : tuple of str
        Reasons to doubt the times of this block; empty if no disturbance was noticed.
    kept : mapping
        What ``results prune`` keeps of the raw times that it deletes: ``median_s`` of the calls after the warm-up,
        ``throughput_ips``, ``n_calls``, ``warm_up_calls``. `kept` is empty as long as the raw times are stored.
    """

    round: int
    started: str
    workers: tuple[WorkerRun, ...]
    noise: Mapping[str, float | None] = field(default_factory=dict)
    suspect: tuple[str, ...] = ()
    kept: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Difference between the timed output and the reference output, for the photo with the largest difference.

    Attributes
    ----------
    agrees : bool
        Whether the difference between output and reference is within the tolerance.
    max_abs : int
        Largest difference between two values of output and reference, grey levels of 255.
    mean_abs : float
        Mean absolute difference, grey levels.
    beyond_share : float
        Share of values (0..1) that differ from the reference by more than the tolerance's `levels`.
    psnr_db : float or None
        Peak signal-to-noise ratio, dB; None for identical pictures, whose ratio is infinite.
    ssim : float
        Structural similarity of output and reference; 1 for identical pictures.
    reference : str
        Name of the backend that computed the reference output.
    crops : int
        Number of crops of the output that were compared; 0 if the whole output was compared.
    """

    agrees: bool
    max_abs: int
    mean_abs: float
    beyond_share: float
    psnr_db: float | None
    ssim: float
    reference: str
    crops: int = 0


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """The immutable result of measuring a Trial.

    Attributes
    ----------
    trial : Trial
        The trial that was measured.
    status : Status
        Whether the trial gave a right picture (ok), a wrong picture or none (failed), or cannot run here (skipped).
    cause : Cause
        The reason why the status is not ok; ``""`` if the status is ok.
    note : str
        A sentence that says why the status is not ok, or which part of the measurement is missing.
    blocks : tuple of Block
        Times of the worker processes, one `Block` for each round.
    memory : Memory or None
        Peak memory of the trial; None if the memory was not measured.
    agreement : Agreement or None
        Difference between the output and the reference output; None if they were not compared.
    quality : mapping
        For a trial with pre-steps: ``psnr_db`` and ``ssim`` (0..1) of the output against the full-size result, for the
        photo with the worst output. Without pre-steps: metrics against the ground truth, averaged over the photos as
        in papers (`toolkit.bench.ground_truth.metrics`): ``psnr_y_db`` and ``ssim_y``, or ``sad``, ``mse``, ``mad``,
        ``grad`` and ``conn``. `quality` is empty for untrained weights.
    cold_first_s : float or None
        Duration, s, of a first call with the backend's on-disk cache empty, so that compiling is included. The
        duration is measured once in a sweep for all trials that compile the same code; None if the backend has no
        such cache.
    findings : tuple of Finding
        Contradictions between the numbers of threads that were asked for, are allowed, and were observed.
    input_note : str
        How the input pictures were made: ``"cropped"``, ``"mirror-tiled"`` (repeated, every second copy mirrored) or
        ``""`` (whole photos); for super-resolution
        ``"degraded x3 (MATLAB bicubic) from cropped photos"``.
    environment_id : str
        Hash of hardware, limits, versions and the sources of operation and backend.
    fingerprint : mapping
        Description of the machine: see `toolkit.contracts.fingerprint.fingerprint`.
    provenance : mapping
        Commit, time and load of the machine, and ``turns``, the id of the group of trials that were measured in turns
        (see `toolkit.contracts.turns`). `key` does not depend on the provenance.

    Raises
    ------
    InvalidValue
        The status or the cause is unknown, or the cause belongs to another status.
    """

    trial: Trial
    status: Status
    cause: Cause = Cause.NONE
    note: str = ""
    blocks: tuple[Block, ...] = ()
    memory: Memory | None = None
    agreement: Agreement | None = None
    quality: Mapping[str, float] = field(default_factory=dict)
    cold_first_s: float | None = None
    findings: tuple[Finding, ...] = ()
    input_note: str = ""
    environment_id: str = ""
    fingerprint: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        status = Status.check(self.status, "status", "a measurement")
        cause = Cause.check(self.cause, "cause", "a measurement")
        if cause.status != status:
            fitting = [str(one) for one in Cause if one.status == status]
            raise invalid("cause", f"a measurement that is {status}", f"one of {fitting}", self.cause)
        object.__setattr__(self, "status", status)
        object.__setattr__(self, "cause", cause)

    @property
    def is_ok(self) -> bool:
        """Whether the output picture was right, so that its time may be used."""
        return self.status is Status.OK

    @property
    def is_failed(self) -> bool:
        """Whether the trial ran, but gave a wrong picture or no picture."""
        return self.status is Status.FAILED

    @property
    def key(self) -> str:
        """Hash, of 16 hex digits, of the measured trial and its environment."""
        return self.trial.key(self.environment_id)

    @property
    def is_settled(self) -> bool:
        """Whether measuring the trial again would add nothing; if False, a sweep measures the trial again.

        An ok measurement from a comparison has no memory figures, so a sweep measures its trial again.
        """
        return self.cause.is_deterministic or (self.is_ok and self.memory is not None)

    @property
    def began(self) -> str:
        """Time at which the trial first started, or at which a measurement without times ended; ISO 8601, UTC."""
        ended = str(self.provenance.get("time", ""))
        return min((block.started for block in self.blocks), default=ended)

    @property
    def samples_s(self) -> list[list[float]]:
        """Seconds of each timed call: one list for each worker process of each block."""
        return [list(run.samples_s) for block in self.blocks for run in block.workers]

    @property
    def suspect(self) -> tuple[str, ...]:
        """Reasons to doubt the measured times, from all rounds, in order and without repeats."""
        return tuple(dict.fromkeys(doubt for block in self.blocks for doubt in block.suspect))

    def to_dict(self) -> dict[str, Any]:
        """The measurement as plain lists, dicts, strings and numbers (JSON), with the values of all parameters."""
        return {**asdict(self), "trial": self.trial.to_dict(), "params": values_of(self.trial)}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Measurement:
        """The measurement that `to_dict` converted to `plain`; the dict may come from JSON.

        The trial keeps its meaning if a default of its operation has changed since the trial was stored.
        """
        plain = dict(plain)
        trial = kept_meaning(Trial.from_dict(plain["trial"]), plain.pop("params", None))
        blocks = []
        for block in plain["blocks"]:
            workers = tuple(map(WorkerRun.from_dict, block["workers"]))
            blocks.append(Block(**{**block, "suspect": tuple(block["suspect"]), "workers": workers}))
        return cls(
            **{
                **plain,
                "trial": trial,
                "blocks": tuple(blocks),
                "memory": Memory(**plain["memory"]) if plain["memory"] else None,
                "agreement": Agreement(**plain["agreement"]) if plain["agreement"] else None,
                "findings": tuple(Finding(**finding) for finding in plain.get("findings", ())),
            }
        )
