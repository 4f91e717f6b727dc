"""How a table is shown as text and HTML, and saved as CSV."""

from __future__ import annotations

import pytest

from tests.results.factory import TOO_LARGE, line_of, make_measurement, too_large
from tests.results.model_rows import anime_rows
from toolkit.results.tables.measurements import results_table


def test_numbers_are_right_aligned_and_texts_left():
    table = results_table([make_measurement(megapixels=0.5), make_measurement(megapixels=12, latency_s=40.0)])
    small, large = (line_of(table, f" {size} ") for size in ("0.5", "12.0"))
    assert small.index("0.5") + 3 == large.index("12.0") + 4
    assert '<td class="number">0.5</td>' in table.html() and ">stylization@opencv</td>" in table.html()


def test_the_same_sentence_is_one_footnote():
    table = results_table([too_large(8), too_large(12.2)])
    assert table.footnotes == [TOO_LARGE]


def test_names_from_files_cannot_inject_html():
    html = results_table([make_measurement(images=("<script>alert(1)",))]).html()
    assert "<script>" not in html and "&lt;script&gt;" in html


def test_csv_holds_raw_seconds(tmp_path):
    import pandas as pd

    path = results_table([make_measurement(latency_s=0.25)]).save_csv(tmp_path / "tables" / "speed.csv")
    assert pd.read_csv(path)["latency_s"][0] == pytest.approx(0.25, rel=0.05)


def test_a_narrow_terminal_loses_columns_by_rank_and_never_the_latency():
    wide, narrow = (results_table(anime_rows()).text(width) for width in (150, 100))
    assert "images/s" in wide and "load" in wide and "compile" in wide
    assert "images/s" not in narrow and "latency" in narrow and "speed-up" in narrow
    assert max(map(len, narrow.splitlines())) <= 110  # words of names are never broken


def test_a_column_that_is_left_out_for_width_takes_its_note_with_it():
    table = results_table(anime_rows())
    wide, narrow = table.text(), table.text(width=100)
    assert "load: time" in wide and "load" in wide.splitlines()[2]
    assert "load: time" not in narrow and "load" not in narrow.splitlines()[2]
