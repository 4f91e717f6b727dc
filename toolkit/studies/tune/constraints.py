"""The limits that a configuration must keep, what one look at a cell showed, and which limits it misses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.analysis.percentiles import percentile
from toolkit.core import units
from toolkit.core.choices import Choice


class Fault(Choice):
    """Why a cell gave no right picture; it decides which other cells need no look.

    Attributes
    ----------
    PICTURE
        The picture is wrong: so are those of all cells that compute alike.
    CODE
        The operation cannot run, or raised an error: so do all cells that run the same code.
    PROCESS
        The process died or gave no answer: heavier cells of the same code would too.
    """

    NONE = ""
    PICTURE = "picture"
    CODE = "code"
    PROCESS = "process"


@dataclass(frozen=True, kw_only=True)
class Look:
    """What one look at a cell showed: a block, a memory pass, or a stored measurement.

    Attributes
    ----------
    value : float
        What the search makes small: s a call, s a picture, or bytes; NaN where it is not known.
    calls_s : sequence of float
        Seconds of single calls.
    cost_s : float
        Time that the look took.
    agreement_db : float or None
        PSNR against the reference output; infinite for equal pictures; None where nothing was compared.
    psnr_db : float or None
        PSNR against ground truth or the full-size result.
    memory_bytes : float or None
    fault : Fault
    note : str
        A sentence about the fault.
    is_suspect : bool
        Whether the machine was disturbed during the look.
    doubt : float
        Further standard deviation of the log value: above 0 for a measurement of another day.
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
        """Whether the look gave a value of a right picture."""
        return self.fault is Fault.NONE and math.isfinite(self.value) and self.value > 0

    @property
    def p95_s(self) -> float:
        """The 95th percentile of its calls, s; NaN without calls."""
        return percentile(self.calls_s, 0.95).value if self.calls_s else math.nan


@dataclass(frozen=True)
class Miss:
    """A limit that a cell does not keep.

    Attributes
    ----------
    limit : {"p95", "agreement", "psnr", "memory"}
    got, asked : float
        In seconds, decibels or bytes.
    """

    limit: str
    got: float
    asked: float

    @property
    def by(self) -> float:
        """How far it is missed, so that misses of different limits can be ranked: relative, or per 10 dB."""
        if self.limit in ("p95", "memory"):
            return math.log(self.got / self.asked)
        return (self.asked - self.got) / 10

    def __str__(self) -> str:
        """``p95 341 ms, 300 ms asked``."""
        text = {"p95": units.seconds, "memory": units.byte_count}.get(self.limit, units.decibels)
        noun = {"p95": "p95 ", "memory": "memory "}.get(self.limit, f"{self.limit} ")
        return f"{noun}{text(self.got)}, {text(self.asked)} asked"

    @property
    def sentence(self) -> str:
        """``misses 300 ms by 41.0 ms``."""
        text = {"p95": units.seconds, "memory": units.byte_count}.get(self.limit, units.decibels)
        return f"misses {text(self.asked)} by {text(abs(self.got - self.asked))}"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What the configuration must keep; None: anything.

    Attributes
    ----------
    max_p95_s : float or None
        The 95th percentile of a call, s.
    min_agreement_db : float or None
        PSNR against the reference output.
    min_psnr_db : float or None
        PSNR against the ground truth, or of a shrunken picture against the full-size result.
    max_memory_bytes : float or None
        Peak memory of all processes.
    """

    max_p95_s: float | None = None
    min_agreement_db: float | None = None
    min_psnr_db: float | None = None
    max_memory_bytes: float | None = None

    def missed_picture(self, look: Look) -> Miss | None:
        """The limit of the picture that a look misses; a picture that was not compared misses none."""
        for name, got, asked in (
            ("agreement", look.agreement_db, self.min_agreement_db),
            ("psnr", look.psnr_db, self.min_psnr_db),
        ):
            if asked is not None and got is not None and got < asked:
                return Miss(name, got, asked)
        return None

    def missed_memory(self, look: Look) -> Miss | None:
        """The limit of memory, if a look misses it."""
        asked, got = self.max_memory_bytes, look.memory_bytes
        return Miss("memory", got, asked) if asked is not None and got is not None and got > asked else None

    def missed_p95(self, look: Look) -> Miss | None:
        """The limit of the 95th percentile, if the calls of a look miss it."""
        asked, got = self.max_p95_s, look.p95_s
        return Miss("p95", got, asked) if asked is not None and got > asked else None

    def missed(self, look: Look) -> list[Miss]:
        """All limits that a look misses."""
        found = (self.missed_picture(look), self.missed_memory(look), self.missed_p95(look))
        return [miss for miss in found if miss is not None]
