"""What a table says of its rows besides numbers: thread findings with their cure, warm-up, drift, cache states."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.results.factory import make_measurement, timed
from toolkit.contracts.measurement import Measurement
from toolkit.machine.diagnosis import Finding
from toolkit.results.rows.remarks import merged
from toolkit.results.tables.measurements import results_table

SHARED = Finding("oversubscribed", "2 workers x 2 threads share 2 processors", "ask for at most 2 in all")


def watched(sentinel_s: list[float], **trial: object) -> Measurement:
    """A measurement during which the sentinel took so long, a round a minute."""
    measurement = make_measurement(blocks=len(sentinel_s), **trial)
    blocks = tuple(
        replace(block, noise={"sentinel_s": s})
        for block, s in zip(measurement.blocks, sentinel_s, strict=True)
    )
    return replace(measurement, blocks=blocks)


def test_a_thread_finding_is_a_numbered_note_with_its_cure() -> None:
    crowded = replace(make_measurement(workers=2, threads=2), findings=(SHARED,))
    table = results_table([crowded, make_measurement()])
    assert "[1] threads: 2 workers x 2 threads share 2 processors; ask for at most 2 in all." in table.text()
    assert sum("[1]" in line for line in table.text().splitlines()) == 2
    assert "share 2 processors" in " ".join(table.frame["findings"])


def test_never_steady_is_said() -> None:
    climbing = timed(make_measurement(), [*[1.0, 1.01, 1.0, 0.99] * 2, 1.5, 1.51, 1.5, 1.49])
    table = results_table([climbing])
    assert not table.frame["is_steady"][0]
    assert "never steady" in table.text()


def test_a_machine_that_became_slower_is_named_once_for_all_that_ran_in_turns() -> None:
    times = [0.0050, 0.0051, 0.0052, 0.0053, 0.0054]
    text = results_table([watched(times), watched(times, threads=2)]).text()
    assert text.count("the machine itself became 8.0 % slower over 5 rounds") == 1


@pytest.mark.parametrize("times", [[0.005, 0.0051, 0.005, 0.0051, 0.005], [0.005, 0.006], []])
def test_a_steady_machine_and_too_few_rounds_say_nothing(times: list[float]) -> None:
    assert "drift" not in results_table([watched(times)]).text()


def test_equal_numbers_stay_and_others_become_a_range() -> None:
    doubts = ["used 1.4 of 2 processors", "used 0.9 of 2 processors", "used 10.0 of 2 processors"]
    assert list(merged(doubts).values()) == ["used 0.9 to 10.0 of 2 processors"]


def test_doubts_without_numbers_and_none_at_all() -> None:
    assert list(merged(["on battery", "on battery"]).values()) == ["on battery"]
    assert merged([]) == {}
