"""Runs of cases as a store holds them, with given times: what the texts of a page are computed from."""

from __future__ import annotations

import json
import random
from html import unescape
from pathlib import Path
from typing import Any

from toolkit.contracts.fingerprint import fingerprint
from toolkit.studies import cases
from toolkit.studies.cases.case_run import CaseRun, ProcedureBlock, ProcedureRow, save_run
from toolkit.studies.cases.register import case_of


def blocks_of(name: str, seconds: float) -> list[ProcedureBlock]:
    """Three blocks of a procedure, whose times differ by less than a per mille."""
    noise = random.Random(name)
    return [
        ProcedureBlock(
            round=number,
            spawn_s=0.3,
            open_s=0.2,
            first_s=seconds,
            samples_s=[seconds * (1 + noise.uniform(-5e-4, 5e-4))],
            busy_cpus=1.5,
        )
        for number in (1, 0, 2)
    ]


def row_of(case: str, name: str, seconds: float | None, **given: Any) -> ProcedureRow:
    """A row of a procedure of the case; None for seconds is a skipped one."""
    procedure = case_of(case).procedure(name)
    usual: dict[str, Any] = (
        {"blocks": blocks_of(name, seconds)} if seconds else {"status": "skipped", "note": "No card."}
    )
    return ProcedureRow(
        name=name,
        words=procedure.words,
        **{"origin": procedure.origin, "against": procedure.against, "size": "96 x 64 px", **usual, **given},
    )


def run_of(case: str, rows: list[ProcedureRow], *, rounds: int = 3, **given: Any) -> CaseRun:
    """A run of three rounds with these rows."""
    usual = {"settings": {}, "facts": {}, "errors": {}, "machine": fingerprint()}
    return CaseRun(
        case=case, rounds=rounds, rows=rows, time="2026-11-29T04:00:00+00:00", **{**usual, **given}
    )


def stored_again(run: CaseRun, folder: Path, change: Any) -> CaseRun:
    """The run, stored, changed in its file, and read."""
    file = save_run(run, folder)
    plain = json.loads(file.read_text(encoding="utf-8"))
    change({row["name"]: row for row in plain["rows"]}, plain)
    file.write_text(json.dumps(plain), encoding="utf-8")
    return cases.load_run(file)


def slower(row: dict[str, Any], factor: float) -> None:
    """Change the times of a stored row."""
    for block in row["blocks"]:
        block["samples_s"] = [factor * seconds for seconds in block["samples_s"]]


def said(run: CaseRun) -> str:
    """All sentences, tables and cards of a run's page."""
    screen = cases.case_screen(run)
    parts = [
        screen.lead,
        *(f"{card.take} {card.figures} {card.sure}" for card in screen.cards),
        cases.verdict_sentences(run),
        cases.findings(run),
        cases.advice(run),
        unescape(cases.published_table(run).html()),
        unescape(cases.verdicts_table(run).html()),
    ]
    return "\n".join(map(str, parts))
