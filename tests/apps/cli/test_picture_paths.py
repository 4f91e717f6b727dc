"""Many pictures into a folder: what is read, what is written, skipped, kept and told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

import toolkit as tk
from tests.apps.cli.conftest import Refused
from toolkit.apps.cli.main import run

SMALLER = ["--side", "6"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures with EXIF data, and a file that is no picture by its name."""
    inside = tmp_path / "trip"
    inside.mkdir()
    exif = Pillow.Exif()
    exif[271], exif[274] = "a camera", 6
    for number, name in enumerate(("a.jpg", "b.JPG")):
        pixels = np.random.default_rng(number).integers(0, 256, (24, 32, 3), dtype=np.uint8)
        Pillow.fromarray(pixels).save(inside / name, "JPEG", exif=exif)
    (inside / "notes.txt").write_text("no picture")
    return inside


def test_a_folder_goes_into_a_new_folder(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "painted"
    assert run(["apply", "fit_side", str(folder), f"{out}{os.sep}", *SMALLER]) == 0
    assert sorted(file.name for file in out.iterdir()) == ["a.jpg", "b.JPG"]
    printed = capsys.readouterr()
    assert printed.out.count("fit_side") == 2
    assert printed.err == "atelier: 2 pictures: 2 done.\n"


@pytest.mark.parametrize("slash", ["", os.sep])
def test_several_pictures_make_the_folder(slash: str, folder: Path, tmp_path: Path) -> None:
    given = [str(folder / "a.jpg"), "coffee"]
    assert run(["apply", "fit_side", *given, f"{tmp_path / 'made'}{slash}", *SMALLER]) == 0
    assert sorted(file.name for file in (tmp_path / "made").iterdir()) == ["a.jpg", "coffee.png"]


def test_existing_results_are_skipped_and_counted(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.jpg").write_bytes(b"precious")
    (folder / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n no picture")
    assert run(["apply", "fit_side", str(folder), str(out), *SMALLER, "--skip-existing"]) == 4
    assert (out / "a.jpg").read_bytes() == b"precious"
    assert tk.load(out / "b.JPG").shape == (6, 4, 3)
    closing = capsys.readouterr().err.splitlines()[-1]
    assert "3 pictures: 1 done, 1 skipped" in closing
    assert f"1 failed ({folder / 'bad.png'})" in closing
    one = ["apply", "fit_side", "coffee", str(out / "a.jpg"), "--skip-existing"]
    assert run(one) == 0
    assert "skipped" in capsys.readouterr().out
    assert (out / "a.jpg").read_bytes() == b"precious"


def test_a_picture_is_never_replaced_by_its_own_result(folder: Path) -> None:
    before = (folder / "a.jpg").read_bytes()
    assert run(["apply", "fit_side", str(folder), str(folder), *SMALLER, "--force"]) == 4
    assert (folder / "a.jpg").read_bytes() == before


def test_a_folder_that_is_wrong_is_one_sentence_and_nothing_is_made(
    folder: Path, tmp_path: Path, refused: Refused
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "no such file" in refused(["apply", "fit_side", str(empty), str(tmp_path / "out")])
    blocked = tmp_path / "file"
    blocked.write_bytes(b"precious")
    assert "OUT" in refused(["apply", "fit_side", str(folder), str(blocked / "out")])
    assert "OUT" in refused(["apply", "fit_side", str(folder), str(blocked)])
    assert "'side'" in refused(["apply", "fit_side", str(folder), str(tmp_path / "out"), "--side", "0"])
    assert blocked.read_bytes() == b"precious"
    assert not (tmp_path / "out").exists()


def test_a_new_folder_without_results_is_removed(tmp_path: Path) -> None:
    assert run(["apply", "fit_side", str(tmp_path / "no.jpg"), f"{tmp_path / 'out'}{os.sep}"]) == 4
    assert not (tmp_path / "out").exists()


def test_exif_and_profile_go_with_the_picture_unless_stripped(folder: Path, tmp_path: Path) -> None:
    for out in ("kept.jpg", "kept.png", "kept.webp", "kept.tif"):
        assert run(["apply", "fit_side", str(folder / "a.jpg"), str(tmp_path / out), *SMALLER]) == 0
        with Pillow.open(tmp_path / out) as kept:
            assert (kept.getexif()[271], kept.getexif()[274], kept.size) == ("a camera", 1, (4, 6))
    assert run(["apply", "fit_side", str(folder / "a.jpg"), str(tmp_path / "bare.jpg"), "--strip"]) == 0
    with Pillow.open(tmp_path / "bare.jpg") as bare:
        assert not bare.getexif() and "icc_profile" not in bare.info


def test_what_a_format_cannot_hold_is_said(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["apply", "fit_side", str(folder / "a.jpg"), str(tmp_path / "out.bmp")]
    assert run(given) == 0
    assert "EXIF" in capsys.readouterr().err
    assert run([*given, "--strip", "--force"]) == 0
    assert capsys.readouterr().err == ""


def test_quality_is_that_of_jpeg_and_webp(folder: Path, tmp_path: Path, refused: Refused) -> None:
    sizes = {}
    for quality in ("20", "95"):
        out = tmp_path / f"{quality}.jpg"
        assert run(["apply", "fit_side", "coffee", str(out), "--side", "200", "--quality", quality]) == 0
        sizes[quality] = out.stat().st_size
    assert sizes["20"] < sizes["95"] / 2
    # What `refused` reads begins after the lines above.
    wrong = ["apply", "fit_side", "coffee", str(tmp_path / "out.png"), "-q", "--quality"]
    assert run([*wrong, "80"]) == 2
    assert run([*wrong[:3], str(tmp_path / "out.jpg"), "-q", "--quality", "101"]) == 2
    assert not (tmp_path / "out.png").exists()


def test_an_interrupted_run_says_how_to_go_on(tmp_path: Path) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    for number in range(40):
        tk.save(np.full((1500, 1500, 3), number, np.uint8), photos / f"{number:02}.png")
    command = [sys.executable, "-m", "toolkit", "apply", "fit_side", str(photos), str(out)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    deadline = time.monotonic() + 60
    while not (out.is_dir() and any(out.iterdir())) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "--skip-existing" in said and "Traceback" not in said
    assert all(tk.load(file).shape[1] for file in out.iterdir() if file.suffix == ".png")
