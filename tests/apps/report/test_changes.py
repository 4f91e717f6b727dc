"""What a report says of the one before: new rows, figures of both, versions; never a difference of times."""

from __future__ import annotations

from toolkit.apps.report.changes import MOST_ROWS, changes


def row(latency_s=0.010, *, status="ok", note="", day=27):
    began = f"2026-11-{day}T03:00:00.000+00:00"
    ends = {"low_s": 0.9 * latency_s, "high_s": 1.1 * latency_s}
    return {"status": status, "note": note, "began": began, "latency_s": latency_s, **ends}


def facts(rows, **changed):
    runtimes = {"numba": changed.pop("numba", "0.60")}
    plain = {"command": "atelier report x", "machine": "CPU, 2 cores", "commit": "a" * 40}
    return {**plain, "rows": rows, "fingerprint": {"runtimes": runtimes}, **changed}


def test_times_measured_apart_are_both_told_and_no_difference_is_claimed():
    (said,) = changes(facts({"op@a": row(0.020, day=28)}), facts({"op@a": row(0.010)}))
    assert "cannot be compared" in said
    assert "10.0 ms [9.00 ms, 11.0 ms] on 2026-11-27" in said and "20.0 ms" in said and "2026-11-28" in said
    assert "faster" not in said.lower() and "slower" not in said.lower()


def test_rows_that_were_not_measured_again_are_said_to_be_the_same():
    (said,) = changes(facts({"op@a": row()}), facts({"op@a": row()}))
    assert "nothing was measured again" in said and "atelier report x --fresh" in said
    mixed = changes(facts({"op@a": row(), "op@b": row(day=28)}), facts({"op@a": row(), "op@b": row()}))
    assert any("1 row of the previous report" in sentence for sentence in mixed)


def test_a_row_that_fails_now_and_new_versions_are_told():
    now = facts(
        {"op@a": row(day=28, status="failed", note="It is wrong."), "op@c": row(day=28)}, numba="0.61"
    )
    said = "\n".join(changes(now, facts({"op@a": row(), "op@b": row()})))
    assert "op@a was ok and is failed: It is wrong." in said
    assert "Only this report has 1 row: op@c" in said and "Only the previous report has 1 row: op@b" in said
    assert "numba 0.60 to 0.61" in said


def test_a_long_list_is_cut_and_a_row_without_a_time_is_left_out():
    now = {f"op@{n}": row(day=28) for n in range(MOST_ROWS + 3)}
    before = {trial: row() for trial in now}
    (said,) = changes(facts(now), facts(before))
    assert "and 3 more rows" in said
    assert changes(facts({"op@a": row(None or 0.0, day=28)}), facts({"op@a": row(0.0)})) == []


def test_a_report_without_rows_is_compared_by_its_versions():
    before = facts({}, commit="b" * 40)
    del before["rows"]
    (said,) = changes(facts({"op@a": row()}), before)[1:]
    assert "commit" in said
