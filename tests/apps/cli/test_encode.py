"""``atelier encode``: a table, JSON and a plot of what each format costs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import toolkit as tk
from tests.apps.cli.conftest import Refused
from toolkit.apps.cli.main import run


@pytest.fixture
def picture(tmp_path: Path) -> str:
    return str(tk.save(tk.photo("chelsea")[:100, :100].copy(), tmp_path / "picture.png"))


def test_each_setting_is_a_row_and_the_plot_is_drawn(
    picture: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        run(["encode", picture, "--formats", "png", "jpeg", "--quality", "80", "--plot", str(tmp_path)]) == 0
    )
    printed = capsys.readouterr()
    assert "PNG (default)" in printed.out and "JPEG 4:2:0, quality 80" in printed.out
    assert str(tmp_path / "encodings.png") in printed.err and (tmp_path / "encodings.svg").exists()


def test_json_has_the_raw_numbers(picture: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["encode", picture, "--formats", "webp", "--quality", "90", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows[0]["name"] == "WebP, quality 90" and rows[0]["size_bytes"] > 0 < rows[0]["encode_s"]


def test_wrong_use_is_one_sentence(picture: str, refused: Refused) -> None:
    assert "jpeg" in refused(["encode", picture, "--formats", "jpg"])
    assert "quality" in refused(["encode", picture, "--quality", "101"])
    assert "nowhere.jpg" in refused(["encode", "nowhere.jpg"])
