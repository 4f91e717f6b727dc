"""``atelier list``: operations, backends and photos."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.apps.cli.conftest import Refused
from toolkit.apps.cli.main import run


def test_list_shows_operations_backends_and_images(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list"]) == 0
    shown = capsys.readouterr().out
    for expected in ("stylization", "opencv", "astronaut"):
        assert expected in shown


def test_list_as_json_declares_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list", "operations", "--json"]) == 0
    oil = next(op for op in json.loads(capsys.readouterr().out) if op["name"] == "oil_painting")
    size = next(param for param in oil["params"] if param["name"] == "size")
    assert (size["default"], size["unit"]) == (7, "px")
    assert "opencv" in oil["backends"]


def test_list_shows_executors_and_which_have_processes_of_their_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["list", "executors"]) == 0
    lines = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines() if line}
    assert (lines["threads"][0], lines["processes"][0]) == ("no", "yes")


def test_list_of_an_unknown_kind(refused: Refused) -> None:
    assert "operations" in refused(["list", "operation"])


def test_own_pictures_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data" / "images").mkdir(parents=True)
    (tmp_path / "data" / "images" / "été.jpg").write_bytes(b"")
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path))
    assert run(["list", "images"]) == 0
    assert "été.jpg" in capsys.readouterr().out
