"""What a table says of its rows besides numbers: thread findings with their cure, warm-up, drift, cache states."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate

import pytest

from tests.results.factory import make_measurement
from toolkit.contracts.measurement import Measurement
from toolkit.machine.diagnosis import Finding
from toolkit.results.rows.remarks import merged
from toolkit.results.tables.measurements import results_table
from toolkit.results.tables.percentiles import percentile_table
from toolkit.results.tables.stages import stages_table

SHARED = Finding("oversubscribed", "2 workers x 2 threads share 2 processors", "ask for at most 2 in all")


def timed(measurement: Measurement, samples_s: list[float]) -> Measurement:
    """The same with these samples in every process, each process a little slower than the one before."""
    blocks = tuple(
        replace(
            block,
            workers=tuple(
                replace(
                    run,
                    starts_s=tuple(accumulate(samples_s, initial=100.0))[:-1],
                    samples_s=tuple(s * (1 + 0.001 * number) for s in samples_s),
                )
                for run in block.workers
            ),
        )
        for number, block in enumerate(measurement.blocks)
    )
    return replace(measurement, blocks=blocks)


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


def test_the_estimate_is_taken_after_the_warm_up() -> None:
    slow_start = timed(make_measurement(), [3.0, 2.0, *[1.0, 1.001, 0.999] * 4])
    table = results_table([slow_start])
    assert table.frame["latency_s"][0] == pytest.approx(1.001, rel=0.002)
    assert table.frame["warm_up_calls"][0] == 2
    assert "warm-up left out, calls of each process besides the first: 2." in table.text()


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


def test_first_calls_of_a_cold_and_a_warm_cache_stand_apart() -> None:
    plain = make_measurement()
    compiled = make_measurement(backend="numba")
    blocks = tuple(
        replace(
            block,
            workers=tuple(
                replace(run, observed={"cache": state}, stages_s={**run.stages_s, "first": first})
                for run in block.workers
            ),
        )
        for block, state, first in zip(
            compiled.blocks, ("cold", "warm", "warm"), (9.0, 0.5, 0.5), strict=True
        )
    )
    table = stages_table([plain, replace(compiled, blocks=blocks, cold_first_s=8.0)])
    assert "cold" in table.text() and "first, warm cache" in table.html()
    frame = table.frame.set_index("backend")
    assert (frame["cold_first_s"]["numba"], frame["warm_first_s"]["numba"]) == (8.0, 0.5)
    assert "cold cache" not in stages_table([plain]).html()


def test_percentiles_are_claimed_as_far_as_the_calls_allow() -> None:
    few = timed(make_measurement(threads=1), [1.0, 1.1, 0.9, 1.05, 0.95, 1.02] * 2)
    many = timed(make_measurement(threads=2), [1.0 + 0.001 * (n * 37 % 100) for n in range(100)])
    lines = [line for line in percentile_table([few, many]).text().splitlines() if "stylization" in line]
    assert lines[0].split()[4] == "36" and "≥" in lines[0]
    assert lines[1].split()[4] == "300" and lines[1].count("≥") <= 1


def test_equal_numbers_stay_and_others_become_a_range() -> None:
    doubts = ["used 1.4 of 2 processors", "used 0.9 of 2 processors", "used 10.0 of 2 processors"]
    assert list(merged(doubts).values()) == ["used 0.9 to 10.0 of 2 processors"]


def test_doubts_without_numbers_and_none_at_all() -> None:
    assert list(merged(["on battery", "on battery"]).values()) == ["on battery"]
    assert merged([]) == {}
