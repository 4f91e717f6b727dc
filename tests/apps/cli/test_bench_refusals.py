"""What `atelier bench` refuses before it measures anything."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.apps import bad_pictures
from tests.apps.cli.conftest import SMALL, Refused

pytestmark = pytest.mark.usefixtures("few_calls")
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("given", "part"),
    [
        (["oil_panting"], "Did you mean 'oil_painting'?"),
        (["oil_painting", "--backends", "opencl"], "backend must be one of"),
        (["oil_painting", "--megapixels", "nan"], "'megapixels'"),
        (["oil_painting", "--megapixels", "1e9"], "'megapixels'"),
        (["oil_painting", "--workers", "0"], "'workers'"),
        (["oil_painting", "--workers", "1,two"], "'workers'"),
        (["oil_painting", "--executor", "threads,proceses"], "Did you mean 'processes'?"),
        (["oil_painting", "--threads", "two"], "'threads'"),
        (["oil_painting", "--size", "3by4"], "WIDTHxHEIGHT"),
        (["oil_painting", "--size", "0x4"], "at least 1x1"),
        (["oil_painting", "--size", "4x4", "--megapixels", "1"], "not allowed with"),
        (["oil_painting", "--step", "fit_pixels"], "key=value"),
        (["oil_painting", "--step", "fit_pixel.pixels=9"], "Did you mean 'fit_pixels'?"),
        (["oil_painting", "--step", "fit_pixels.pixel=9"], "Did you mean 'pixels'?"),
        (["oil_painting", "--step", "fit_pixels.pixels=-9"], "'pixels' of fit_pixels"),
        (["oil_painting", "--param", "size"], "key=value"),
        (["oil_painting", "--param", "sise=3"], "Did you mean 'size'?"),
        (["oil_painting", "--param", "size=999"], "'size' of oil_painting"),
        (["oil_painting", "--images", "astronot"], "Did you mean 'astronaut'?"),
        (["oil_painting", "--images", "nowhere.jpg"], "'nowhere.jpg'"),
        (["oil_painting", "--budget", "-1"], "'budget'"),
        (["oil_painting", "--quick", "--full"], "not allowed with"),
        (["fsrcnn", "--param", "scale=5"], "'scale' of fsrcnn must be one of 2, 3, 4; got 5"),
        (["--model", "nowhere.onnx"], "--model must be an ONNX file"),
        (["--model", str(ROOT / "apps" / "bad_pictures.py")], "ONNX"),
        (["onnx_model", "--param", f"file={ROOT / 'conftest.py'}", "--backends", "all"], "ONNX"),
        (["onnx_model"], "ONNX"),
        (["oil_painting", "--plugin", "nowhere.py"], "cannot be read"),
        ([], "OPERATION"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_refuses_a_bad_value_before_measuring(
    given: list[str], part: str, tmp_path: Path, refused: Refused
) -> None:
    assert part in refused(["bench", *given, "--quiet", "--store", str(tmp_path / "store.sqlite")])
    assert not (tmp_path / "store.sqlite").exists()


def test_a_bad_picture_among_several_is_refused_before_measuring(tmp_path: Path, refused: Refused) -> None:
    """A trial uses its pictures in turn: without one of them it would be another trial."""
    bad = bad_pictures.truncated_jpeg(tmp_path)
    given = ["oil_painting", "--images", "coffee", str(bad), "--store", str(tmp_path / "store.sqlite")]
    assert bad.name in refused(["bench", *given, "--quiet"])
    assert not (tmp_path / "store.sqlite").exists()


def test_refuses_a_store_of_a_newer_version(tmp_path: Path, refused: Refused) -> None:
    path = tmp_path / "store.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 999")
    db.close()
    for command in (["bench", *SMALL], ["results", "show"]):
        sentence = refused([*command, "--store", str(path)])
        assert "999" in sentence
        assert "newer" in sentence


@pytest.mark.parametrize("store", ["", "file/store.sqlite", "/proc/store.sqlite"])
@pytest.mark.parametrize("command", ["bench", "compare"])
def test_a_store_that_cannot_be_written_is_said_before_measuring(
    command: str, store: str, tmp_path: Path, refused: Refused
) -> None:
    (tmp_path / "file").touch()
    what = SMALL if command == "bench" else ["oil_painting@opencv", "oil_painting@numba", "--budget", "5"]
    assert "store" in refused([command, *what, "--store", str(tmp_path / store)])
