"""``atelier evaluate``: what it prints for real pictures, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import toolkit as tk
from tests.apps.cli.conftest import Refused
from toolkit.apps.cli.main import run
from toolkit.studies.evaluate import evaluate, pictures_in


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two of scikit-image's photos, a matte beside one of them, and a file that is no picture."""
    for name in ("coffee", "astronaut"):
        tk.save(tk.photo(name)[:120, :160], tmp_path / f"{name}.png")
    tk.save(np.ascontiguousarray(tk.photo("coffee")[:120, :160, 1:2]), tmp_path / "coffee_alpha.png")
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


def test_prints_each_metric_with_its_unit(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "bicubic", str(folder), "--scale", "3", "--backend", "opencv"]) == 0
    shown = capsys.readouterr().out
    found = evaluate("bicubic", pictures_in(folder), params={"scale": 3}, backend="opencv")
    assert list(found.by_picture) == ["astronaut.png", "coffee.png"]
    line = next(line for line in shown.splitlines() if line.startswith("PSNR-Y  "))
    assert line.split() == [
        "PSNR-Y",
        "dB",
        f"{found.mean['psnr_y_db']:.2f}",
        f"{found.median['psnr_y_db']:.2f}",
    ]
    assert "SSIM-Y" in shown and "coffee.png" not in shown


def test_verbose_and_json_have_every_picture(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["evaluate", "bicubic", str(folder), "--shrink-with", "opencv"]
    assert run([*asked, "-v"]) == 0
    assert {"astronaut.png", "coffee.png"} <= {
        line.split(" ")[0] for line in capsys.readouterr().out.splitlines()
    }
    assert run([*asked, "--json"]) == 0
    found = evaluate("bicubic", pictures_in(folder), how="opencv")
    assert json.loads(capsys.readouterr().out)["pictures"]["coffee.png"] == pytest.approx(
        found.by_picture["coffee.png"]
    )


def test_what_cannot_be_evaluated_is_refused(folder: Path, refused: Refused) -> None:
    given = str(folder)
    assert "ground truth" in refused(["evaluate", "oil_painting", given])
    assert "'scale' of bicubic" in refused(["evaluate", "bicubic", given, "--scale", "9"])
    assert "folder" in refused(["evaluate", "bicubic", str(folder / "coffee.png")])
    assert "Did you mean 'bicubic'?" in refused(["evaluate", "bicubi", given])
    (folder / "empty").mkdir()
    assert "at least one picture" in refused(["evaluate", "bicubic", str(folder / "empty")])


def test_weights_that_are_not_here_are_missing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("ATELIER_WEIGHTS", raising=False)
    given = ["fsrcnn", str(folder), "--backend", "opencv_dnn", "--threads", "1"]
    assert "atelier weights" in refused(["evaluate", *given], code=3)


def test_bicubic_on_set5_is_the_figure_of_the_papers(
    test_images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["bicubic", str(test_images / "set5"), "--scale", "2", "--backend", "opencv", "--json"]
    assert run(["evaluate", *asked]) == 0
    assert json.loads(capsys.readouterr().out)["mean"]["psnr_y_db"] == pytest.approx(33.67, abs=0.01)


def test_mattes_beside_the_photos_are_the_ground_truth(
    test_images: Path, real_weights: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("onnxruntime")
    monkeypatch.setenv("ATELIER_WEIGHTS", str(real_weights))
    how = ["--model", "prisma", "--backend", "onnxruntime", "--threads", "1"]
    assert run(["evaluate", "matting", str(test_images / "portraits_alpha"), *how]) == 0
    shown = capsys.readouterr().out
    assert "5 pictures" in shown
    assert {line.split()[0] for line in shown.splitlines() if line} >= {"MAD", "SAD", "MSE", "Grad", "Conn"}
