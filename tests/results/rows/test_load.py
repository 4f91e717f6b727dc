"""What a row says about its load: the setting, the best one, and whether it asks for too many processors."""

from __future__ import annotations

from dataclasses import replace

from tests.results.factory import make_measurement
from toolkit.machine.diagnosis import Finding
from toolkit.results.rows import load
from toolkit.results.rows.summarising import summarise


def rows_of(*settings: tuple[str, int, int], **changes):
    made = [make_measurement(executor=e, workers=w, threads=t, **changes) for e, w, t in settings]
    return summarise(made)


def test_a_setting_is_named_by_executor_workers_and_threads():
    [row] = rows_of(("micro_batch", 2, 1), batch=4)
    assert load.setting_of(row) == "micro_batch, 2 workers of 1 thread and 4 pictures per call"


def test_the_best_setting_is_right_and_makes_the_most_pictures():
    rows = rows_of(("processes", 1, 1), ("threads", 2, 1), ("processes", 2, 1), jitter=0.0)
    wrong = summarise([make_measurement(workers=2, latency_s=0.01, status="failed", cause="disagreed")])
    assert load.best_of([*wrong, *rows]).trial.workers == 2
    assert load.best_of([*wrong, *rows]).is_ok
    assert load.best_of(wrong) is None
    assert load.plain_of(rows).trial.is_alone
    assert load.most_pictures_first([*wrong, *rows])[-1] is wrong[0]


def test_settings_that_differ_by_less_than_their_intervals_are_level():
    fast, near, slow = summarise(
        make_measurement(executor="threads", latency_s=s, batch=b, jitter=0.02)
        for s, b in ((0.1, 1), (0.2005, 2), (0.2, 1))
    )
    assert load.level_with(fast, [fast, near, slow]) == [near]


def test_p95_needs_calls_and_is_said_as_far_as_they_allow():
    [row] = rows_of(("threads", 2, 1))
    assert load.latency_under_load(row, 0.5).claim == "value"
    assert load.latency_under_load(row, 0.95).claim == "at least"


def test_threads_at_work_are_those_of_all_processes_and_unknown_without_a_ledger():
    [row] = rows_of(("processes", 2, 1))
    assert load.threads_at_work(row) is None
    blocks = tuple(
        replace(b, workers=tuple(replace(w, observed={"ledger": {"active": 1.5}}) for w in b.workers))
        for b in row.measurement.blocks
    )
    [known] = summarise([replace(row.measurement, blocks=blocks)])
    assert load.threads_at_work(known) == 3.0


def test_a_row_that_asks_for_more_processors_than_there_are_is_marked():
    finding = Finding("oversubscribed", "2 workers x 2 threads share 2 processors", "use fewer")
    crowded, other = summarise(
        [replace(make_measurement(workers=2, threads=2), findings=(finding,)), make_measurement()]
    )
    assert load.is_oversubscribed(crowded) and not load.is_oversubscribed(other)
