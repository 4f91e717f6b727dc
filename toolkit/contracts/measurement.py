"""The answer: a frozen value with its raw samples, plain enough for JSON and for another machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from toolkit.contracts.outcome import Cause, Status
from toolkit.contracts.trial import Trial
from toolkit.core.errors import invalid
from toolkit.machine.diagnosis import Finding
from toolkit.machine.memory import Memory

STAGES = ("spawn", "import", "photos", "load", "first")
"""What a worker does before its steady calls, in order.

Its interpreter starts; the runtime is imported; the photos are read; the model is opened or the kernel built; the first
call is made.
"""

PIPELINE = ("decode", "preprocess", "infer", "postprocess", "encode")
"""What a network does with one picture, from file to file, in order."""


@dataclass(frozen=True, kw_only=True)
class WorkerRun:
    """What one worker process did in one block.

    Attributes
    ----------
    stages_s : mapping
        Seconds of each of `STAGES`.
    starts_s, samples_s : tuple of float
        Start of each later call on the machine's monotonic clock, and how long it took; raw, in order.
    cpu_s : float
        User and system time over the steady calls.
    involuntary_switches : int
        Times the kernel took the processor away during the steady calls.
    run_delay_s : float or None
        Time spent runnable but waiting for a processor (schedstat), None where that is not readable.
    observed : mapping
        What the runtime and the kernel say of threads and device.
    outputs : mapping of photo to digests
        Content hash of each distinct output that the last timed call with a photo gave for it.
    pipeline_s : mapping
        Median seconds of each of `PIPELINE` for one picture; empty where they were not timed.
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
        """Inverse of `asdict`, also after a trip through JSON.

        A store written before 29 November 2026 names the stage ``photos`` "load", and the stage ``load`` "build".
        """
        stages_s = dict(plain["stages_s"])
        if "build" in stages_s:
            stages_s |= {"photos": stages_s.pop("load"), "load": stages_s.pop("build")}
        lists = {name: tuple(plain[name]) for name in ("starts_s", "samples_s")}
        return cls(**{**plain, **lists, "stages_s": stages_s})


@dataclass(frozen=True, kw_only=True)
class Block:
    """One set of fresh processes (one, or as many as the trial has workers) in one round.

    Attributes
    ----------
    round : int
        Blocks of one round ran next to each other, in random order.
    started : str
        ISO 8601, UTC.
    workers : tuple of WorkerRun
    noise : mapping
        Readings of the machine around the block (load, steal, pressure, swap, throttling), and ``sentinel_s``: what
        a small fixed workload took at the start of the round.
    suspect : tuple of str
        Why this block should be doubted; empty when nothing was noticed.
    """

    round: int
    started: str
    workers: tuple[WorkerRun, ...]
    noise: Mapping[str, float | None] = field(default_factory=dict)
    suspect: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Timed output against the operation's reference output, the worst over the pool of photos.

    Attributes
    ----------
    agrees : bool
    max_abs : int
        Largest difference, grey levels of 255.
    mean_abs : float
        Mean absolute difference, grey levels.
    beyond_share : float
        Share of values further off than the operation's tolerance, 0..1.
    psnr_db : float or None
        None for identical pictures (the ratio is infinite).
    ssim : float
    reference : str
        Backend that made the reference.
    """

    agrees: bool
    max_abs: int
    mean_abs: float
    beyond_share: float
    psnr_db: float | None
    ssim: float
    reference: str


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A frozen answer to a Trial.

    Attributes
    ----------
    trial : Trial
    status : Status
    cause : Cause
        ``""`` when ok.
    note : str
        A sentence for people: why it is not ok, or what is left out.
    blocks : tuple of Block
    memory : Memory or None
    agreement : Agreement or None
    quality : mapping
        With pre-steps ``psnr_db`` and ``ssim`` (0..1) against the full-size result, the worst photo's. Otherwise
        against the truth, the mean over photos as papers print it (`toolkit.bench.ground_truth.metrics`): ``psnr_y_db``
        and ``ssim_y``, or ``sad``, ``mse``, ``mad``, ``grad`` and ``conn``. Empty for untrained weights.
    cold_first_s : float or None
        First call with the backend's on-disk cache empty, s (compilation and all), measured once a sweep for all
        that compile the same; None where it keeps no cache.
    findings : tuple of Finding
        Contradictions between the threads asked for, allowed and observed.
    input_note : str
        ``"cropped"``, ``"mirror-tiled"`` or ``""``: how the photos reached their size; or
        ``"degraded x3 (MATLAB bicubic) from cropped photos"``.
    environment_id : str
        Hash of hardware, limits, versions and the sources of operation and backend.
    fingerprint : mapping
        The machine in full.
    provenance : mapping
        Commit, time, host load: never part of the key.

    Raises
    ------
    InvalidValue
        An unknown status or cause, or a cause that does not go with the status.
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
        """Whether the picture was right, so that the time counts."""
        return self.status is Status.OK

    @property
    def is_failed(self) -> bool:
        """Whether it ran and gave a wrong picture or none."""
        return self.status is Status.FAILED

    @property
    def key(self) -> str:
        """Trial and environment in 16 hex digits."""
        return self.trial.key(self.environment_id)

    @property
    def is_settled(self) -> bool:
        """Whether measuring again would give the same kind of answer."""
        return self.is_ok or self.cause.is_deterministic

    @property
    def is_untrained(self) -> bool:
        """Whether the network had weights drawn from a seed: it has time and agreement, and never quality."""
        return self.trial.is_untrained

    @property
    def samples_s(self) -> list[list[float]]:
        """Seconds a call: one list a process, over blocks and workers."""
        return [list(run.samples_s) for block in self.blocks for run in block.workers]

    @property
    def suspect(self) -> tuple[str, ...]:
        """Distinct doubts over all blocks, in order."""
        return tuple(dict.fromkeys(doubt for block in self.blocks for doubt in block.suspect))

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, dicts, strings and numbers (JSON)."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Measurement:
        """Inverse of `to_dict`, also after a trip through JSON."""
        blocks = tuple(
            Block(
                **{
                    **block,
                    "suspect": tuple(block["suspect"]),
                    "workers": tuple(map(WorkerRun.from_dict, block["workers"])),
                }
            )
            for block in plain["blocks"]
        )
        return cls(
            **{
                **plain,
                "trial": Trial.from_dict(plain["trial"]),
                "blocks": blocks,
                "memory": Memory(**plain["memory"]) if plain["memory"] else None,
                "agreement": Agreement(**plain["agreement"]) if plain["agreement"] else None,
                "findings": tuple(Finding(**finding) for finding in plain.get("findings", ())),
            }
        )
