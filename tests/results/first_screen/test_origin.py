"""The line of the machine, and the state of the run."""

from __future__ import annotations

from dataclasses import replace

from tests.results.factory import MACHINE, make_measurement
from toolkit.results.first_screen.origin import facts_of, machine_line, state_tags
from toolkit.results.rows.summarising import summarise


def test_it_names_processor_system_versions_and_date():
    rows = summarise([make_measurement()])
    assert (
        machine_line(MACHINE) == "Example CPU, 2 cores, 17 GB"
        or machine_line(MACHINE) == "Example, 2 cores, 17 GB"
    )
    system, date = facts_of(rows, MACHINE)
    assert system == "Debian 12 · OpenCV 5.0" and date.endswith("UTC")


def test_partial_and_busy_are_warnings():
    quiet, busy = make_measurement(), make_measurement(megapixels=2, suspect=("load",))
    done = state_tags(summarise([quiet]), state="complete: 1 rows", is_complete=True)
    assert [tag.text for tag in done] == ["complete: 1 rows", "quiet machine"]
    assert not any(tag.is_warning for tag in done)
    tags = state_tags(summarise([quiet, busy]), state="partial: 2 of 5 rows", is_complete=False)
    assert [tag.text for tag in tags] == ["partial: 2 of 5 rows", "1 of 2 rows disturbed"]
    assert all(tag.is_warning for tag in tags)
    assert state_tags(summarise([busy]), state="", is_complete=True)[1].text == "busy machine"


def test_rows_of_several_days_say_so():
    old = replace(make_measurement(megapixels=2), provenance={"time": "2026-11-18T10:00:00+00:00"})
    assert facts_of(summarise([make_measurement(), old]), MACHINE)[1].startswith("18 Nov 2026 to 20 Nov 2026")
