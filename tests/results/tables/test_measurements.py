"""What a reader of a table sees: units, marks, struck times, notes; and what never gets mixed."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.results.factory import (
    TOO_LARGE,
    four_styles,
    line_of,
    make_measurement,
    too_large,
)
from toolkit.results.tables.growth import growth_table
from toolkit.results.tables.measurements import results_table
from toolkit.results.tables.stages import stages_table

HINT = "backend 'torch' is not installed here; pip install 'atelier[torch]'."


def test_the_main_job_fits_a_terminal():
    text = results_table(four_styles(threads=(1, 2))).text(120)
    assert max(map(len, text.splitlines())) <= 120
    assert "latency" in text and "images/s" in text and "MP/s" in text


def test_a_row_tells_median_interval_rate_and_efficiency():
    one = make_measurement(latency_s=0.100, blocks=5, jitter=0.001)
    two = make_measurement(latency_s=0.125, blocks=5, jitter=0.001, workers=2)
    table = results_table([one, two])
    low, high = re.search(r"\[([\d.]+), ([\d.]+)\]", line_of(table, " 100 ")).groups()
    assert 99 < float(low) < float(high) < 101
    frame = table.frame.set_index("workers")
    assert frame["latency_s"][1] == pytest.approx(0.100, rel=0.01)
    assert frame["throughput_ips"][2] == pytest.approx(16, rel=0.02)
    assert frame["efficiency"][2] == pytest.approx(0.8, rel=0.02)
    assert "   80 " in line_of(table, " 125 ")


def test_fewer_than_three_processes_give_no_interval():
    for blocks, said in ((1, "one process"), (2, "2 processes")):
        table = results_table([make_measurement(blocks=blocks)])
        assert said in line_of(table, "stylization@opencv")
        assert "[" not in line_of(table, "stylization@opencv")
        assert "one process: a confidence interval needs" in table.text()
        assert table.frame["latency_low_s"].isna().all()


def test_the_best_of_a_group_is_bold_and_marked():
    slow = make_measurement("oil_painting", latency_s=0.9)
    fast = make_measurement("oil_painting", latency_s=0.3, backend="numba")
    table = results_table([slow, fast])
    assert "*" in line_of(table, "numba", "ok") and "*" not in line_of(table, "oil_painting@opencv")
    assert re.search(r"<strong>\*&nbsp;(29|30)\d</strong>", table.html())


def test_a_failed_row_is_never_best_however_fast():
    right, wrong = make_measurement(megapixels=12.2, latency_s=9.0, backend="numba"), too_large(latency_s=0.1)
    table = results_table([right, wrong])
    assert "*" not in line_of(table, "stylization@opencv", "failed")
    assert "*9" not in table.text()  # with nothing to choose from, the only right one is not praised either


@pytest.mark.parametrize(
    "change", [{"megapixels": 2}, {"params": (("sigma_s", 90.0),)}, {"images": ("coffee",)}]
)
def test_rows_that_do_something_else_do_not_compete(change):
    table = results_table([make_measurement(latency_s=1.0), make_measurement(latency_s=0.5, **change)])
    assert "<strong>" not in table.html()


def test_a_failed_time_is_struck_through_and_explained():
    table = results_table([make_measurement(), too_large(latency_s=7.0)])
    row = line_of(table, "failed")
    assert re.search(r"~~[67]\d\d\d~~", row) and "failed [1]" in row and "[6" not in row
    assert f"[1] {TOO_LARGE}" in table.text()
    html = table.html()
    assert (
        re.search(r'<s title="time to a wrong picture">[67]\d\d\d</s>', html) and f"[1] {TOO_LARGE}" in html
    )


def test_a_skipped_row_carries_its_hint():
    skipped = make_measurement(backend="torch", status="skipped", cause="unavailable", note=HINT)
    table = results_table([make_measurement(), skipped])
    row = line_of(table, "stylization@torch")
    assert "n/a" in row and "skipped [1]" in row
    assert f"[1] {HINT}" in table.text() and "atelier[torch]" in table.html()


def test_a_suspect_row_is_marked_with_its_reason():
    table = results_table([make_measurement(suspect=("load 3.1 on 2 cores",))])
    assert "ok ? [1]" in line_of(table, "stylization@opencv")
    assert "[1] suspect: load 3.1 on 2 cores." in table.text()


def test_the_same_doubt_with_other_numbers_is_one_footnote():
    rows = [
        make_measurement(suspect=("load 3.1 on 2 cores", "steal 4 %")),
        make_measurement("oil_painting", suspect=("load 2.6 on 2 cores",)),
    ]
    table = results_table(rows)
    assert table.footnotes == ["suspect: load 2.6 to 3.1 on 2 cores.", "suspect: steal 4 %."]
    assert "ok ? [1,2]" in line_of(table, "stylization") and "ok ? [1]" in line_of(table, "oil_painting")


def test_many_notes_stay_narrow():
    doubts = ("load 3 on 2 cores", "steal 4 %", "swap 1 MB", "throttled 2 times")
    rows = [
        make_measurement(suspect=doubts),
        make_measurement("oil_painting", suspect=(*doubts[:1], *doubts[2:])),
    ]
    table = results_table(rows)
    assert "ok ? [1,3,4]" in line_of(table, "stylization") or "ok ? [1-4]" in line_of(table, "stylization")
    assert line_of(table, "oil_painting").endswith("ok ? [1-3]")


def test_agreement_and_quality_are_shown():
    steps = (("fit_pixels", (("pixels", 2_000_000),)),)
    rows = [
        make_measurement(max_abs=0),
        make_measurement(backend="numba", max_abs=2, psnr_db=52.3),
        make_measurement(backend="numpy", status="failed", cause="disagreed", note="It differs.", max_abs=90),
        make_measurement(
            "oil_painting", megapixels=4, steps=steps, quality={"psnr_db": 31.24, "ssim": 0.931}
        ),
    ]
    table = results_table(rows)
    assert "exact" in line_of(table, "stylization@opencv")
    assert "within 2" in line_of(table, "stylization@numba")
    assert "no: 90" in line_of(table, "stylization@numpy")
    assert "31.2" in line_of(table, "oil_painting@opencv")
    assert ">52.3<" in table.html() and ">31.2<" in table.html() and ">0.931<" in table.html()
    assert "pixels=2000000" in table.text()


def test_a_time_out_without_any_call_is_shown():
    late = make_measurement(blocks=0, status="failed", cause="timed out", note="over 60 s")
    row = line_of(results_table([late]), "stylization@opencv")
    assert "n/a" in row and "failed [1]" in row and "~~" not in row


def test_no_measurements_make_an_empty_table():
    for build in (results_table, stages_table, growth_table):
        table = build([])
        assert table.rows == [] and "n/a" not in table.text() and "<table" in table.html()


def test_a_row_of_an_earlier_day_says_its_date():
    old, new = make_measurement(), make_measurement("oil_painting")
    today = [replace(block, started=f"2026-11-28T10:00:0{n}+00:00") for n, block in enumerate(new.blocks)]
    text = results_table([old, replace(new, blocks=tuple(today))]).text(160)
    assert "2026-11-20" in text and "2026-11-28" in text
    alone = results_table([old])
    assert "measured on 2026-11-20, UTC." in alone.notes and "2026-11-20" not in line_of(alone, "stylization")


def _busy_pair(**changes):
    return [
        make_measurement(backend=name, latency_s=s, suspect=BUSY_DOUBTS, **changes)
        for name, s in (("opencv", 0.4), ("numba", 0.1))
    ]


BUSY_DOUBTS = (
    "other processes used 1.5 of 2 processors",
    "tasks waited for a processor 12 % of the time",
    "a worker waited for a processor 8.0 % of its time",
    "a worker was preempted 64 times a second",
)


def test_a_table_of_a_busy_machine_says_so_first_and_ranks_nothing():
    table = results_table(_busy_pair())
    shown = table.text()
    assert shown.startswith("This machine was busy (1.5 of 2 cores taken")
    assert "*" not in shown and "speed-up" not in shown and "<strong>" not in table.html()


def test_what_says_that_the_machine_was_busy_is_one_footnote():
    quiet = make_measurement(backend="numpy", latency_s=1.0)
    table = results_table([*_busy_pair(), quiet])
    assert (
        len(table.footnotes) == 1 and "1.5 of 2" in table.footnotes[0] and "preempted" in table.footnotes[0]
    )
    assert "speed-up" in table.text() and not table.text().startswith("This machine was busy")


def test_an_interval_that_contains_1_is_no_speed_up():
    rows = [make_measurement(backend=name, latency_s=0.2, jitter=0.05) for name in ("opencv", "numba")]
    assert "no difference" in results_table(rows).text(width=400)


def test_every_column_has_its_own_name():
    tables = [
        results_table([*four_styles(workers=(1, 2))]),
        stages_table(four_styles()),
        results_table(_busy_pair()),
    ]
    for table in tables:
        names = [column.header for column in table.columns]
        assert len(set(names)) == len(names) and not any(":" in name or "/" in name for name in names), names
