"""What a reader of a table sees: units, marks, struck times, notes; and what never gets mixed."""

from __future__ import annotations

import re

import pytest

from tests.results.factory import (
    OTHER_MACHINE,
    TOO_LARGE,
    four_styles,
    make_measurement,
    too_large,
)
from toolkit.results.tables.facts import facts_table
from toolkit.results.tables.growth import growth_table
from toolkit.results.tables.measurements import results_table
from toolkit.results.tables.stages import stages_table

HINT = "backend 'torch' is not installed here; pip install 'atelier[torch]'."


def line_of(table, *words):
    """The one row, between the two rules, that holds all the words."""
    body = re.split("─{40,}", table.text())[1]
    lines = [line for line in body.splitlines() if all(word in line for word in words)]
    assert len(lines) == 1, lines
    return lines[0]


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


def test_numbers_are_right_aligned_and_texts_left():
    table = results_table([make_measurement(megapixels=0.5), make_measurement(megapixels=12, latency_s=40.0)])
    small, large = (line_of(table, f" {size} ") for size in ("0.5", "12.0"))
    assert small.index("0.5") + 3 == large.index("12.0") + 4
    assert '<td class="number">0.5</td>' in table.html() and ">stylization@<wbr>opencv</td>" in table.html()


def test_fewer_than_three_processes_give_no_interval():
    for blocks, said in ((1, "one process"), (2, "2 processes")):
        table = results_table([make_measurement(blocks=blocks)])
        assert said in line_of(table, "stylization@opencv")
        assert "[" not in line_of(table, "stylization@opencv")
        assert "one process, no interval" in table.text()
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


def test_the_same_sentence_is_one_footnote():
    table = results_table([too_large(8), too_large(12.2)])
    assert table.footnotes == [TOO_LARGE]


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


def test_mirror_tiled_photos_are_said():
    assert "mirror-tiled to reach 2.0, 4.0 MP" in results_table(four_styles(megapixels=(1, 2, 4))).text()


def test_machines_are_named_and_not_compared():
    here = make_measurement(latency_s=1.0)
    there = make_measurement(latency_s=0.2, workers=2, fingerprint=OTHER_MACHINE)
    table = results_table([here, there])
    assert table.frame["environment"].nunique() == 2
    assert "2 environments" in table.text() and "not compared" in table.text()
    assert "<strong>" not in table.html() and table.frame["efficiency"].notna().sum() == 1
    for environment in table.frame["environment"]:
        assert environment in table.html()
    assert "environment" not in results_table([here]).text()


def test_an_older_answer_to_the_same_trial_is_left_out_and_said_so():
    old = make_measurement(latency_s=5.0, environment_id="before the edit")
    table = results_table([old, make_measurement(latency_s=1.0)])
    assert len(table.rows) == 1 and table.frame["latency_s"][0] == pytest.approx(1.0, rel=0.05)
    assert "1 older of the same trials" in table.text()


def test_a_time_out_without_any_call_is_shown():
    late = make_measurement(blocks=0, status="failed", cause="timed out", note="over 60 s")
    row = line_of(results_table([late]), "stylization@opencv")
    assert "n/a" in row and "failed [1]" in row and "~~" not in row


def test_no_measurements_make_an_empty_table():
    for build in (results_table, stages_table, growth_table):
        table = build([])
        assert table.rows == [] and "n/a" not in table.text() and "<table" in table.html()


def test_names_from_files_cannot_inject_html():
    html = results_table([make_measurement(images=("<script>alert(1)",))]).html()
    assert "<script>" not in html and "&lt;script&gt;" in html


def test_stages_stand_apart():
    table = stages_table([make_measurement(latency_s=0.1, jitter=0.0001)])
    row = line_of(table, "stylization@opencv").split()
    assert row[4:10] == ["80.0", "210", "50.0", "0.400", "130", "100"] and "x 1.30" in " ".join(row)


def test_an_exponent_needs_four_right_sizes():
    right = [make_measurement(megapixels=size) for size in (0.5, 1, 2)]
    assert "n/a" in line_of(growth_table([*right, too_large(8), too_large(12.2)]), "stylization@opencv")
    table = growth_table([*right, make_measurement(megapixels=4), too_large(12.2, latency_s=0.001)])
    assert "4: 0.5 to 4.0 MP" in line_of(table, "stylization@opencv")
    row = table.frame.iloc[0]
    assert row["exponent_low"] <= row["exponent"] <= row["exponent_high"]
    assert row["exponent"] == pytest.approx(1.04, abs=0.01)


def test_facts_are_flattened():
    text = facts_table({"cpu": {"model": "A", "quota": None}, "threads": [1, 2]}, title="Machine").text()
    assert "cpu.model" in text and "1, 2" in text


def test_csv_holds_raw_seconds(tmp_path):
    import pandas as pd

    path = results_table([make_measurement(latency_s=0.25)]).save_csv(tmp_path / "tables" / "speed.csv")
    assert pd.read_csv(path)["latency_s"][0] == pytest.approx(0.25, rel=0.05)
