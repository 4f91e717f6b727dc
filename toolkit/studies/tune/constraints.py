"""Limits on time, memory and picture quality; a measurement of some settings; the limits that settings miss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.analysis.percentiles import percentile
from toolkit.core import units
from toolkit.core.choices import Choice


class Fault(Choice):
    """Why a combination of settings made no right picture; this decides which other combinations are ruled out too.

    Attributes
    ----------
    PICTURE
        The picture is wrong; so are the pictures of all combinations of settings that compute in the same way.
    CODE
        The operation cannot run, or raised an error; all settings that run the same code are ruled out too.
    PROCESS
        The process died or gave no answer; settings with the same code that need more memory are ruled out too.
    """

    NONE = ""
    PICTURE = "picture"
    CODE = "code"
    PROCESS = "process"


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is known of one combination of settings: from timed calls, a measurement of memory, or the store.

    Attributes
    ----------
    value : float
        The value that the search minimises: s per call, s per picture, or bytes; NaN if unknown.
    calls_s : sequence of float
        Seconds of each timed call.
    cost_s : float
        Time that the measurement took, s.
    agreement_db : float or None
        PSNR against the reference output; infinite for equal pictures; None if nothing was compared.
    psnr_db : float or None
        PSNR against ground truth or the full-size result; None if neither exists.
    memory_bytes : float or None
        Peak memory of all processes; None if memory was not measured.
    fault : Fault
        Why the settings made no right picture; ``NONE`` if the picture is right.
    note : str
        A sentence that explains why the settings made no right picture.
    is_suspect : bool
        Whether the machine was disturbed during the measurement.
    doubt : float
        Additional uncertainty (standard deviation of the log value) of a measurement of an earlier day.
    """

    value: float = math.nan
    calls_s: Sequence[float] = ()
    cost_s: float = 0.0
    agreement_db: float | None = None
    psnr_db: float | None = None
    memory_bytes: float | None = None
    fault: Fault = Fault.NONE
    note: str = ""
    is_suspect: bool = False
    doubt: float = 0.0

    @property
    def has_value(self) -> bool:
        """Whether the measurement gave a value, and the picture was right."""
        return self.fault is Fault.NONE and math.isfinite(self.value) and self.value > 0

    @property
    def p95_s(self) -> float:
        """The 95th percentile of the measured calls, s; NaN without calls."""
        return percentile(self.calls_s, 0.95).value if self.calls_s else math.nan


@dataclass(frozen=True)
class Miss:
    """A limit that a combination of settings misses.

    Attributes
    ----------
    limit : {"p95", "agreement", "psnr", "memory"}
        Name of the missed limit.
    got, asked : float
        The measured value and the limit, in seconds, decibels or bytes.
    """

    limit: str
    got: float
    asked: float

    @property
    def by(self) -> float:
        """By how much the limit is missed, as a ratio or in units of 10 dB, so that misses can be ranked."""
        if self.limit in ("p95", "memory"):
            return math.log(self.got / self.asked)
        return (self.asked - self.got) / 10

    def __str__(self) -> str:
        """The measured value and the limit as text: ``p95 341 ms, limit 300 ms``."""
        text = {"p95": units.seconds, "memory": units.byte_count}.get(self.limit, units.decibels)
        noun = {"p95": "p95 ", "memory": "memory "}.get(self.limit, f"{self.limit} ")
        return f"{noun}{text(self.got)}, limit {text(self.asked)}"

    @property
    def sentence(self) -> str:
        """How far a limit is missed, as the end of a sentence: ``misses the p95 limit of 300 ms by 41.0 ms``."""
        text = {"p95": units.seconds, "memory": units.byte_count}.get(self.limit, units.decibels)
        missed = f"misses the {self.limit} limit of {text(self.asked)}"
        return f"{missed} by {text(abs(self.got - self.asked))}"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits that a configuration must keep; None means no limit.

    Attributes
    ----------
    max_p95_s : float or None
        Largest allowed 95th percentile of the time of a call, s.
    min_agreement_db : float or None
        Least allowed PSNR against the reference output, dB.
    min_psnr_db : float or None
        Least allowed PSNR against the ground truth, or of a shrunken picture against the full-size result.
    max_memory_bytes : float or None
        Largest allowed peak memory of all processes.
    """

    max_p95_s: float | None = None
    min_agreement_db: float | None = None
    min_psnr_db: float | None = None
    max_memory_bytes: float | None = None

    def missed_picture(self, look: Look) -> Miss | None:
        """The limit on the picture that a measurement misses; a picture that was not compared misses no limit."""
        for name, got, asked in (
            ("agreement", look.agreement_db, self.min_agreement_db),
            ("psnr", look.psnr_db, self.min_psnr_db),
        ):
            if asked is not None and got is not None and got < asked:
                return Miss(name, got, asked)
        return None

    def missed_memory(self, look: Look) -> Miss | None:
        """The limit on memory, if a measurement misses this limit; None if the measurement keeps it."""
        asked, got = self.max_memory_bytes, look.memory_bytes
        return Miss("memory", got, asked) if asked is not None and got is not None and got > asked else None

    def missed_p95(self, look: Look) -> Miss | None:
        """The limit on the 95th percentile, if the calls of a measurement miss this limit."""
        asked, got = self.max_p95_s, look.p95_s
        return Miss("p95", got, asked) if asked is not None and got > asked else None

    def missed(self, look: Look) -> list[Miss]:
        """All limits that a measurement misses."""
        found = (self.missed_picture(look), self.missed_memory(look), self.missed_p95(look))
        return [miss for miss in found if miss is not None]
