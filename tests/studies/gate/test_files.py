"""A gate's answer as JUnit XML, markdown and JSON."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from tests.studies.gate.test_judgement import cell
from toolkit.contracts.outcome import Cause
from toolkit.core.files import to_json
from toolkit.studies.gate.files import as_plain, junit, markdown
from toolkit.studies.gate.judgement import Judgement, Limits, judge
from toolkit.studies.gate.sides import Cell


def answer() -> Judgement:
    cells = [cell(1.0), cell(1.2), Cell(label="a <b> & |c|")]
    return judge(cells, Limits(), baseline="main (1234567)", candidate="the working tree", notes=["A note."])


def test_junit_has_a_failure_and_an_error() -> None:
    suite = ElementTree.fromstring(junit(answer())).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "1")
    assert [case.get("name") for case in suite.findall("testcase")][2] == "a <b> & |c|"
    assert len(suite.findall("testcase/failure")) == len(suite.findall("testcase/error")) == 1


def test_junit_of_nothing_is_an_error() -> None:
    suite = ElementTree.fromstring(junit(judge([], Limits(), baseline="a", candidate="b"))).find("testsuite")
    assert suite is not None and suite.get("errors") == "1" and suite.get("tests") == "1"


def test_markdown_has_the_answer_and_a_row_for_each_trial() -> None:
    lines = markdown(answer()).splitlines()
    assert lines[0].startswith("### ") and "REGRESSION" in lines[0]
    rows = [line for line in lines if line.startswith("| ") and "trial" not in line]
    assert len(rows) == 3
    assert {row.replace("\\|", "").count("|") for row in rows[:2]} == {8}
    assert "* A note." in lines


def test_a_reason_of_several_lines_stays_in_its_row_of_the_table() -> None:
    torn = Cell(label="a|b", causes=(Cause.NONE, Cause.RAISED), notes=("", "ValueError: a | b\n  at line 3"))
    lines = markdown(judge([torn], Limits(), baseline="a", candidate="b")).splitlines()
    (row,) = (line for line in lines if "line 3" in line)
    assert row.replace("\\|", "").count("|") == 8 and row.startswith("| ") and row.endswith(" |")


def test_json_has_the_exit_code_and_every_cell() -> None:
    found = json.loads(to_json(as_plain(answer())))
    assert found["exit_code"] == 4 and len(found["cells"]) == 3
