"""``atelier cache``: what it shows and what it clears."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.apps.cli.conftest import Refused
from toolkit.apps.cli.main import run


def test_cache_shows_and_clears(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for kind in ("references", "exports"):
        (tmp_path / "atelier" / kind).mkdir(parents=True)
        (tmp_path / "atelier" / kind / "one.npy").write_bytes(bytes(2000))
    assert run(["cache", "show", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["references"]["bytes"] == 2000
    assert run(["cache", "clear", "references"]) == 0
    assert capsys.readouterr().out.startswith("references: 2")
    assert not (tmp_path / "atelier" / "references" / "one.npy").exists()
    assert (tmp_path / "atelier" / "exports" / "one.npy").exists()


def test_cache_refuses_an_unknown_kind_and_clears_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    kept = tmp_path / "atelier" / "references" / "one.npy"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"x")
    assert "Did you mean 'references'?" in refused(["cache", "clear", "references", "reference"])
    assert kept.exists()
