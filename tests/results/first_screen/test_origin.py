"""The line of the machine, and the state of the run."""

from __future__ import annotations

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
    assert [tag.text for tag in state_tags(summarise([quiet]), n_left=0)] == [
        "complete: 1 of 1 rows",
        "quiet machine",
    ]
    tags = state_tags(summarise([quiet, busy]), n_left=3)
    assert [tag.text for tag in tags] == ["partial: 2 of 5 rows", "busy machine: 1 of 2 rows disturbed"]
    assert all(tag.is_warning for tag in tags)
