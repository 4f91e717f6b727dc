"""The stages of a batch add up, the longest is named, and each failed picture is there with its sentence."""

from __future__ import annotations

import pytest

from toolkit.results.tables.batch import BATCH_STAGES, batch_stages_table, failures_table

STAGES_S = {"write": 0.1, "read": 0.1, "decode": 0.3, "run": 0.5, "encode": 1.0}


def test_stages_are_in_their_order_with_shares_and_time_a_picture():
    table = batch_stages_table(STAGES_S, pictures=10, wall_s=1.5, workers=2)
    assert [row[0].text for row in table.rows] == list(BATCH_STAGES)
    cells = {row[0].text: [cell.text for cell in row[2:]] for row in table.rows}
    assert cells["encode"] == ["1.00 s", "100", "50 %"]
    assert cells["resize"] == ["n/a", "n/a", "n/a"]  # no pre-step took place
    assert table.frame.share.sum() == pytest.approx(1)
    text = table.text()
    assert "Stage encode takes the most time" in text and "2 workers" in text and "1.50 s" in text


def test_a_run_that_made_nothing_claims_nothing():
    table = batch_stages_table({}, pictures=0, wall_s=0.1, workers=2)
    assert {cell.text for row in table.rows for cell in row[2:]} == {"n/a"}
    assert table.notes == []


def test_each_failed_picture_is_named(tmp_path):
    table = failures_table([("a.jpg", "it is cut off."), ("b.jpg", "it is empty.")])
    assert "2 pictures without a result" in table.title
    assert [row[1].text for row in table.rows] == ["it is cut off.", "it is empty."]
    assert "b.jpg" in table.save_csv(tmp_path / "failures.csv").read_text()


def test_no_failure_is_said_in_words():
    assert failures_table([]).title == "Every picture has a result"
    assert "Every picture" in failures_table([]).html()
