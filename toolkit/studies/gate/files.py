"""The result of ``atelier gate`` as a file: JUnit XML for a CI server, Markdown for a pull request, or JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from xml.etree import ElementTree

from toolkit.core import units
from toolkit.studies.gate.judgement import Judgement, State

_MARKS = {State.PASSED: "✅", State.REGRESSION: "❌", State.CANT_TELL: "❔"}


def junit(judgement: Judgement) -> str:
    """JUnit XML: each trial is a test case, a regression is a failure, and a trial without a judgement is an error."""
    cells = judgement.cells
    count = {state: sum(cell.state is state for cell in cells) for state in State}
    suite = ElementTree.Element(
        "testsuite",
        name=f"atelier gate: {judgement.candidate} against {judgement.baseline}",
        tests=str(max(1, len(cells))),
        failures=str(count[State.REGRESSION]),
        errors=str(count[State.CANT_TELL] if cells else 1),
    )
    for one in cells:
        case = ElementTree.SubElement(suite, "testcase", classname="atelier.gate", name=one.cell.label)
        said = "; ".join(one.reasons)
        if one.state is State.PASSED:
            ElementTree.SubElement(case, "system-out").text = said
        else:
            kind = "failure" if one.state is State.REGRESSION else "error"
            ElementTree.SubElement(case, kind, message=said, type=one.state.value).text = said
    if not cells:
        case = ElementTree.SubElement(suite, "testcase", classname="atelier.gate", name="all trials")
        ElementTree.SubElement(case, "error", message=judgement.headline(), type=judgement.state.value)
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def markdown(judgement: Judgement) -> str:
    """Summary in Markdown for a pull request: the judgement, a table with one row for each trial, the notes."""
    lines = [f"### {_MARKS[judgement.state]} {judgement.headline()}", ""]
    if judgement.cells:
        lines += [
            "| | trial | baseline | candidate | time, candidate / baseline | 95 % interval | why |",
            "|---|---|---:|---:|---:|---|---|",
        ]
    for one in judgement.cells:
        cell, v = one.cell, one.cell.verdict
        times = ["-", "-"]
        if cell.estimates is not None:
            times = [units.seconds(estimate.value) for estimate in cell.estimates]
        ratio, interval = "-", "-"
        if v is not None:
            ratio = f"{v.ratio:.3f}"
            interval = "-" if v.low is None or v.high is None else f"{v.low:.3f} to {v.high:.3f}"
        row = (
            _MARKS[one.state],
            f"`{_cell(cell.label)}`",
            *times,
            ratio,
            interval,
            _cell("; ".join(one.reasons)),
        )
        lines.append(f"| {' | '.join(row)} |")
    lines += ["", f"Slowdown allowed: {units.percent(judgement.limits.slowdown)}."]
    lines += [f"* {note}" for note in judgement.notes]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Escape a text for one cell of a Markdown table: no line breaks, and no bar that would end the cell."""
    return " ".join(text.split()).replace("|", "\\|")


def as_plain(judgement: Judgement) -> dict[str, Any]:
    """The complete judgement as dicts, lists, numbers and texts, for JSON."""
    return {
        "state": judgement.state.value,
        "exit_code": judgement.exit_code,
        "headline": judgement.headline(),
        **asdict(judgement),
    }
