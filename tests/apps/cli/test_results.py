"""``atelier results``: stored measurements are shown, narrowed and exported."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.apps.cli.conftest import Refused
from toolkit.apps.cli.main import run


def test_percentiles_are_shown_in_place_of_the_rest(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["results", "show", "--percentiles", "--store", str(store)]) == 0
    printed = capsys.readouterr().out
    assert "p99" in printed and "oil_painting@opencv" in printed and "images/s" not in printed


def test_results_can_be_narrowed(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["results", "show", "pencil_sketch", "--store", str(store), "--json"]) == 0
    assert [row["operation"] for row in json.loads(capsys.readouterr().out)] == ["pencil_sketch"]
    assert run(["results", "show", "--status", "failed", "--store", str(store), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


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
