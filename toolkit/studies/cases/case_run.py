"""The results of one run of a case study, stored as JSON: measured procedures, further facts, and the machine."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from toolkit.analysis.stats import MIN_PROCESSES, Estimate, estimate
from toolkit.core import folders, units
from toolkit.core.errors import InvalidValue
from toolkit.core.files import to_json, write_whole
from toolkit.images.image import Image

OK, SKIPPED, FAILED = "ok", "skipped", "failed"


@dataclass(frozen=True, kw_only=True)
class ProcedureBlock:
    """The times of one procedure in one fresh process of one round.

    Attributes
    ----------
    round : int
        Number of the round in which the block ran, from 0.
    spawn_s, open_s, first_s : float
        Seconds to start the interpreter, to open the procedure, and to answer the first request.
    samples_s : list of float
        Seconds of each request after the first request.
    busy_cpus : float
        Processors that the process and its children kept busy during the later requests.
    suspect : list of str
        What disturbed the machine during the block; one text for each disturbance.
    """

    round: int
    spawn_s: float
    open_s: float
    first_s: float
    samples_s: list[float]
    busy_cpus: float
    suspect: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class ProcedureRow:
    """A procedure with its measurements; each block is one fresh process in one round.

    Attributes
    ----------
    name, words, origin, against, size : str
        Copies of the fields of the `Procedure` with the same names.
    batch : int
        Number of pictures in one request.
    status : str
        Result of the measurement: ``ok``, ``skipped`` or ``failed``.
    note : str
        If the status is not ``ok``: the reason, and how to get a time.
    blocks : list of ProcedureBlock
        The times of the procedure in each round.
    stages_s : mapping
        Seconds of each part of one request.
    peak_bytes, processes : int or None
        Peak memory of all processes of the procedure, and their number; None if not sampled.
    card_bytes, card_busy_percent : int or None
        Peak memory on the graphics card, and the share of the time in which the card was computing, 0 to 100; None if
        the procedure uses no card.
    psnr_db : mapping of picture to float or None
        PSNR of each picture against the reference procedure's picture; None for an equal picture.
    quality : str
        Whether the pictures are right, in words.
    is_wrong : bool
        Whether the pictures disagree with the reference; a wrong procedure is never shown as an improvement.
    """

    name: str
    words: str
    origin: str
    against: str
    size: str
    batch: int = 1
    status: str = OK
    note: str = ""
    blocks: list[ProcedureBlock] = field(default_factory=list)
    stages_s: Mapping[str, float] = field(default_factory=dict)
    peak_bytes: int | None = None
    processes: int | None = None
    card_bytes: int | None = None
    card_busy_percent: int | None = None
    psnr_db: Mapping[str, float | None] = field(default_factory=dict)
    quality: str = ""
    is_wrong: bool = False

    @property
    def is_timed(self) -> bool:
        """Whether the procedure ran and has measured times."""
        return self.status == OK and bool(self.blocks)

    @property
    def time(self) -> Estimate:
        """Seconds per request, with the confidence interval over processes."""
        return estimate([block.samples_s for block in self.blocks])

    @property
    def first_s(self) -> float:
        """Median seconds from the start of the process to the end of its first request."""
        totals = sorted(b.spawn_s + b.open_s + b.first_s for b in self.blocks)
        return totals[len(totals) // 2]

    @property
    def busy_cpus(self) -> float:
        """Number of processors that the procedure kept busy, as the mean over blocks."""
        return sum(block.busy_cpus for block in self.blocks) / len(self.blocks)

    @property
    def worst_psnr_db(self) -> float | None:
        """The lowest PSNR of the pictures; None if all equal the reference, or if no picture was compared."""
        return min((value for value in self.psnr_db.values() if value is not None), default=None)

    @property
    def is_disturbed(self) -> bool:
        """Whether other work on the machine probably disturbed at least half of the procedure's blocks."""
        return 2 * sum(bool(block.suspect) for block in self.blocks) >= max(1, len(self.blocks))

    @property
    def suspect(self) -> list[str]:
        """What disturbed the machine during the blocks of the procedure, each disturbance named once."""
        return list(dict.fromkeys(doubt for block in self.blocks for doubt in block.suspect))


@dataclass(frozen=True, kw_only=True)
class CaseRun:
    """The results of one run of a case study on one machine.

    Attributes
    ----------
    case : str
        Name of the case, such as ``1_art_workshop``.
    settings : mapping
        Settings of the case's procedures.
    rounds : int
        Number of rounds of measurements that the caller requested.
    rows : list of ProcedureRow
        Each procedure with its measurements.
    facts : mapping of probe to numbers and texts
        Counts and times that each probe measured.
    errors : mapping of probe to str
        The error message of each probe (further measurement) that failed.
    machine : mapping
        Fingerprint of the machine: its hardware and software.
    time : str
        Time of the run: ISO 8601, UTC.
    is_cut : bool
        Whether some of the requested rounds were left out, because the time budget had ended.
    pictures : mapping of caption to Image
        Pictures that the procedures made; the file of the run does not hold them.
    """

    case: str
    settings: Mapping[str, Any]
    rounds: int
    rows: list[ProcedureRow]
    facts: Mapping[str, Mapping[str, Any]]
    errors: Mapping[str, str]
    machine: Mapping[str, Any]
    time: str
    is_cut: bool = False
    pictures: Mapping[str, Image] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_smoke(self) -> bool:
        """Whether the run has too few rounds for verdicts and findings."""
        return self.rounds < MIN_PROCESSES

    @property
    def n_rounds(self) -> int:
        """Number of rounds in which every timed procedure was measured."""
        return min((len(row.blocks) for row in self.rows if row.is_timed), default=0)

    def row(self, name: str) -> ProcedureRow:
        """The row of a procedure, by the procedure's name."""
        return next(row for row in self.rows if row.name == name)

    def is_timed(self, *names: str) -> bool:
        """Whether all named procedures have a measured time."""
        return all(any(row.name == name and row.is_timed for row in self.rows) for name in names)

    def fact(self, probe: str, name: str) -> Any:
        """A number or text that a probe found; None if the probe failed."""
        return self.facts.get(probe, {}).get(name)

    def to_dict(self) -> dict[str, Any]:
        """The run as lists, dicts, strings and numbers, without the pictures."""
        plain = {key: value for key, value in vars(self).items() if key not in ("pictures", "rows")}
        return {**plain, "rows": [asdict(row) for row in self.rows]}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> CaseRun:
        """Build a run from what `to_dict` returned."""
        rows = [
            ProcedureRow(**{**row, "blocks": [ProcedureBlock(**block) for block in row["blocks"]]})
            for row in plain["rows"]
        ]
        return cls(**{**plain, "rows": rows})

    def __repr__(self) -> str:
        timed, rounds = sum(row.is_timed for row in self.rows), units.counted(self.n_rounds, "round")
        said = f"{timed} of {len(self.rows)} procedures were measured in {rounds} of fresh processes"
        if self.is_cut:
            left_out = units.counted(self.rounds - self.n_rounds, "round")
            said += f"; the time budget left out {left_out}: raise budget_s"
        if self.is_smoke:
            said += "; smoke: no findings"
        return f"{said}."

    def _repr_markdown_(self) -> str:
        return f"*{self!r}*"


def save_run(run: CaseRun, folder: Path | None = None) -> Path:
    """Write a run into ``data/results/cases/CASE/``, where earlier runs stay; returns the new file."""
    folder = folder or folders.made_home() / "data" / "results" / "cases" / run.case
    stamp = datetime.fromisoformat(run.time).strftime("%Y-%m-%d_%H%M%S")
    return write_whole(folder / f"{stamp}.json", to_json(run.to_dict()))


def load_run(path: str | os.PathLike[str], *, case: str = "") -> CaseRun:
    """Read a run that `save_run` wrote, or the ``report.json`` of a case's page, made on this or another machine.

    Parameters
    ----------
    case : str
        Name of the case that the run must belong to; if empty, a run of any case is read.

    Raises
    ------
    InvalidValue
        The file cannot be read, does not hold a run of a case, or holds a run of another case.
    """
    try:
        plain = json.loads(Path(path).expanduser().read_text(encoding="utf-8"))
        run = CaseRun.from_dict(plain.get("metrics", {}).get("run", plain))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = getattr(error, "strerror", None) or "a field is missing or has a wrong type"
        raise InvalidValue(
            f"the file {str(path)!r} cannot be read as a run of a case study: {why}."
        ) from None
    if case and run.case != case:
        raise InvalidValue(
            f"the file {str(path)!r} must hold a run of the case study {case}; got a run of {run.case}."
        )
    return run
