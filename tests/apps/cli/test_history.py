"""``atelier history``: the table, the alerts, the JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.history_live import write_plugin
from tests.apps.cli.conftest import Refused
from tests.results.history.nights import nights
from toolkit.apps.cli.main import run
from toolkit.results.store.store import Store


@pytest.fixture
def year(tmp_path: Path) -> Path:
    nights(Store(tmp_path / "year.sqlite"), [1.0] * 20 + [1.12] * 8)
    return tmp_path / "year.sqlite"


def test_a_line_for_each_series_and_the_alerts_below(year: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["history", "--store", str(year)]) == 0
    printed = capsys.readouterr().out
    assert "oil_painting@opencv" in printed and "% on 2025-11-21" in printed and "█" in printed
    assert "no verdict" in printed and "atelier bench oil_painting" in printed


def test_a_judged_year_opens_without_numpy(year: Path) -> None:
    command = ["history", "--store", str(year)]
    assert run(command) == 0
    heavy = ("numpy", "pandas", "matplotlib", "cv2")
    code = f"""import sys
from toolkit.apps.cli.main import run
assert run({command!r}) == 0
print(*[name for name in {heavy!r} if name in sys.modules], sep=",")"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    lines = done.stdout.splitlines()
    assert "oil_painting@opencv" in done.stdout and lines[-1] == ""


def test_json_has_series_and_alerts(year: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["history", "oil_painting@opencv", "--json", "--store", str(year)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["series"][0]["runs"] == 28 and len(found["series"][0]["newest_runs_s"]) == 28
    assert found["alerts"][0]["date"].startswith("2025-11-21")


def test_a_filter_that_matches_nothing_names_what_there_is(year: Path, refused: Refused) -> None:
    assert "oil_painting@opencv" in refused(["history", "stylization", "--store", str(year)])


def test_an_empty_store_says_how_to_fill_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["history", "--store", str(tmp_path / "none.sqlite")]) == 0
    assert "atelier bench" in capsys.readouterr().out


def test_live_runs_of_a_plugin_are_one_series_through_its_changes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The short form of the live part of ``make bench-history``: runs that are measured, not simulated."""
    plugin, store = tmp_path / "blurs_again.py", tmp_path / "live.sqlite"
    bench = ["bench", "blurs_again", "--plugin", str(plugin), "--size", "64x48", "--images", "coffee"]
    for repeats in (20, 24):
        write_plugin(plugin, repeats=repeats)
        assert run([*bench, "--fresh", "--store", str(store), "--quiet"]) == 0
    capsys.readouterr()
    assert run(["history", "blurs_again", "--json", "--store", str(store)]) == 0
    (series,) = json.loads(capsys.readouterr().out)["series"]
    assert series["runs"] == 2 and len(Store(store).latest()) == 2
