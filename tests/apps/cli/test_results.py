"""``atelier results``: stored measurements are shown, narrowed and exported."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.apps.cli.conftest import Refused
from toolkit.apps.cli.main import run
from toolkit.results.store.store import Store


def test_percentiles_are_shown_in_place_of_the_rest(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["results", "show", "--percentiles", "--store", str(store)]) == 0
    printed = capsys.readouterr().out
    assert "p99" in printed and "oil_painting@opencv" in printed and "images/s" not in printed


def test_every_column_has_words_for_its_name(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["results", "show", "--store", str(store)]) == 0
    header, units = (line for line in capsys.readouterr().out.splitlines()[2:4])
    assert "throughput" in header and "images/s" in units and " rate " not in header


def test_results_can_be_narrowed(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["results", "show", "pencil_sketch", "--store", str(store), "--json"]) == 0
    assert [row["operation"] for row in json.loads(capsys.readouterr().out)["rows"]] == ["pencil_sketch"]
    assert run(["results", "show", "--status", "failed", "--store", str(store), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"rows": [], "answers": []}


def test_an_empty_store_says_how_to_fill_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["results", "show", "--store", str(tmp_path / "new.sqlite")]) == 0
    assert "atelier bench" in capsys.readouterr().out


def test_export_writes_csv_and_json(store: Path, tmp_path: Path) -> None:
    for name in ("rows.csv", "rows.json"):
        assert run(["results", "export", str(tmp_path / name), "--store", str(store), "-q"]) == 0
    with (tmp_path / "rows.csv").open(newline="") as file:
        assert [row["operation"] for row in csv.DictReader(file)] == ["oil_painting", "pencil_sketch"]
    exported = json.loads((tmp_path / "rows.json").read_text())
    assert len(exported["measurements"]) == 2
    assert exported["measurements"][0]["blocks"][0]["workers"][0]["samples_s"]


def test_export_overwrites_only_when_forced(store: Path, tmp_path: Path, refused: Refused) -> None:
    out = tmp_path / "rows.csv"
    out.write_text("precious")
    export = ["results", "export", str(out), "--store", str(store)]
    assert "--force" in refused(export)
    assert out.read_text() == "precious"
    assert run([*export, "--force", "-q"]) == 0
    assert "oil_painting" in out.read_text()


def test_export_refuses_another_format(store: Path, refused: Refused) -> None:
    assert ".csv or .json" in refused(["results", "export", "rows.xlsx", "--store", str(store)])


def test_results_suggest_a_name(store: Path, refused: Refused) -> None:
    sentence = refused(["results", "show", "oil_paint", "--store", str(store)])
    assert "Did you mean 'oil_painting'?" in sentence


def test_forget_asks_and_takes_every_time_of_what_it_matches(
    store: Path, tmp_path: Path, refused: Refused, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "store.sqlite"
    for m in [*Store(store).latest(), *Store(store).latest()]:
        Store(own).add(m)
    forget, where = ["results", "forget"], ["--store", str(own)]
    assert "--yes" in refused([*forget, "oil_painting", *where])
    assert "matches no measurement" in refused([*forget, "oil_paint", "--yes", *where])
    assert "matches no measurement" in refused([*forget, "@numba", "--yes", *where])
    assert "matches no measurement" in refused([*forget, "@opencv", "--status", "failed", "--yes", *where])
    assert len(Store(own).all()) == 4
    assert run([*forget, "oil_painting@opencv", "--yes", *where]) == 0
    assert "Deleted 2 measurements" in capsys.readouterr().out
    (left,) = {m.key for m in Store(own).all()}
    assert run([*forget, left, "--yes", *where]) == 0
    assert Store(own).all() == []


def test_all_shows_every_measurement_by_time(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = Store(tmp_path / "store.sqlite")
    newest = Store(store).latest()[0]
    for hour in (12, 11, 10):  # added in another order than measured
        blocks = tuple(
            replace(block, started=f"2026-11-20T{hour}:00:00.000+00:00") for block in newest.blocks
        )
        own.add(replace(newest, blocks=blocks))
    show = ["results", "show", "--store", str(own.path)]
    assert run([*show, "--all"]) == 0
    printed = capsys.readouterr().out
    times = [f"2026-11-20 {hour}:00" for hour in (10, 11, 12)]
    assert sorted(times, key=printed.index) == times and newest.key in printed
    assert run(show) == 0
    assert "2026-11-20 11:00" not in capsys.readouterr().out
