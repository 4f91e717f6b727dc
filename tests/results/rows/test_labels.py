"""What a title says of all rows."""

from __future__ import annotations

from tests.results.model_rows import model_row, super_resolution_rows
from toolkit.results.tables.measurements import results_table


def test_what_all_rows_share_stands_in_the_title_once():
    text = results_table(super_resolution_rows()).text()
    title = text.splitlines()[0]
    assert "scale=3" in title and "480 x 320 px" in title and "2 threads" in title
    assert text.count("scale=3") == 1
    mixed = [model_row("anime", "torch", latency_ms=9, threads=n) for n in (1, 2)]
    assert "thr" in results_table(mixed).text() and "threads" not in results_table(mixed).title


def test_paths_of_pictures_stay_out_of_the_title():
    paths = tuple(f"/somewhere/far/img_{number:03}.png" for number in range(12))
    rows = [model_row("fsrcnn", backend, latency_ms=9, images=paths) for backend in ("torch", "openvino")]
    text = results_table(rows).text()
    assert "12 pictures" in text.splitlines()[0] and "/somewhere" not in text
    assert "img_007.png and 4 more" in " ".join(text.split())
    assert (
        "img_000.png"
        in results_table([model_row("fsrcnn", "torch", latency_ms=9, images=paths[:1])] * 2).text()
    )
