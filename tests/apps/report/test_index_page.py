"""The page of all reports: complete without scripts, searched and filtered in a browser, offline."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.history_page import make_reports, open_page
from tests.results.history.nights import nights
from toolkit.apps.report.index_page import write_index
from toolkit.apps.report.reports_folder import finished, retire
from toolkit.results.store.store import Store


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path))
    folder = make_reports(tmp_path, runs=24)
    nights(Store(), [1.0] * 20 + [1.12] * 8)
    write_index(folder, finished(folder), page_file="index.html")
    return folder


def test_every_report_is_listed_newest_first_with_its_pictures(reports: Path) -> None:
    page = (reports / "index.html").read_text(encoding="utf-8")
    assert page.count("<li data-words=") == 24
    assert page.index("2025-11-24") < page.index("2025-11-02")
    assert "complete: 12 rows" in page and ">complete<" not in page
    assert page.count('figures/latency.png"><img') == 24
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "") and "https://" not in page
    assert "oil_painting@opencv" in (reports / "index_series.js").read_text(encoding="utf-8")


def test_a_damaged_store_hides_no_report(reports: Path, tmp_path: Path) -> None:
    (tmp_path / "data/results/atelier.sqlite").write_text("no store at all " * 100)
    write_index(reports, finished(reports), page_file="index.html")
    assert (reports / "index.html").read_text(encoding="utf-8").count("<li data-words=") == 24


@pytest.mark.usefixtures("chromium_path")
@pytest.mark.parametrize("width", [1400, 420])
def test_it_is_searched_filtered_and_opened_in_a_browser(reports: Path, width: int) -> None:
    """`open_page` checks what is shown, and that nothing is asked of a network or wider than the window."""
    assert open_page(reports, width=width)


@pytest.mark.parametrize(
    ("keep_days", "keep_last", "left"), [(None, 3, 3), (None, None, 24), (36500, 3, 24), (1, 5, 5)]
)
def test_old_reports_go_by_age_and_number_and_the_index_with_them(
    reports: Path, keep_days: int | None, keep_last: int | None, left: int
) -> None:
    notebook = "01_art_filters"
    n_others = 18
    keep_s = None if keep_days is None else keep_days * 86400.0
    n_own = min(left, 6)
    gone = retire(reports, notebook, keep_s=keep_s, keep_last=keep_last)
    assert len(gone) == 6 - n_own
    assert len(finished(reports)) == n_others + n_own
    page = (reports / "index.html").read_text(encoding="utf-8")
    assert not any(name in page for name in gone)
