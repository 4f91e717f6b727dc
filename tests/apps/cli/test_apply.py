"""``atelier apply`` on one good or bad picture: exit code, one sentence, and a file written whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

import toolkit as tk
from tests.apps import bad_pictures
from tests.apps.cli.conftest import Refused
from tests.images.decoders.drawn_profiles import DISPLAY_P3
from toolkit.apps.cli.main import run

Make = Callable[[Path], Path]


def test_writes_what_apply_returns(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.png"
    assert run(["apply", "oil_painting", str(photo), str(out), "--size", "3", "--threads", "1"]) == 0
    assert capsys.readouterr().out == f"{out}: oil_painting, 32 x 24 px\n"
    expected = tk.apply("oil_painting", tk.load(photo), size=3)
    assert np.array_equal(tk.load(out), expected)


def test_takes_a_sample_by_name_and_says_nothing_when_quiet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["apply", "fit_side", "coffee", str(tmp_path / "small.jpg"), "--side", "60", "-q"]) == 0
    assert capsys.readouterr().out == ""
    with Pillow.open(tmp_path / "small.jpg") as small:
        assert (small.format, small.size) == ("JPEG", (60, 40))


@pytest.mark.parametrize(
    ("make", "part"), bad_pictures.REFUSED, ids=lambda value: getattr(value, "__name__", "")
)
def test_refuses_a_bad_picture(make: Make, part: str, tmp_path: Path, refused: Refused) -> None:
    source, out = make(tmp_path), tmp_path / "out" / "result.png"
    out.parent.mkdir()
    sentence = refused(["apply", "oil_painting", str(source), str(out)])
    assert part in sentence
    assert source.name in sentence
    assert list(out.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("make", "size"), bad_pictures.ACCEPTED, ids=lambda value: getattr(value, "__name__", "")
)
def test_takes_an_unusual_picture(make: Make, size: tuple[int, int], tmp_path: Path) -> None:
    out = tmp_path / "result.png"
    assert run(["apply", "oil_painting", str(make(tmp_path)), str(out)]) == 0
    with Pillow.open(out) as written:
        assert (written.size, written.mode) == (size, "RGB")


@pytest.mark.parametrize("make", [bad_pictures.truncated_jpeg, bad_pictures.huge_png_header])
def test_a_real_process_prints_one_sentence_and_no_traceback(make: Make, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "toolkit", "apply", "oil_painting", str(make(tmp_path)), "result.png"]
    root = Path(__file__).parents[2]
    answer = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(root)}, capture_output=True, text=True, timeout=60
    )
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.startswith("atelier: ")
    assert answer.stderr.count("\n") == 1
    assert not (tmp_path / "result.png").exists()


def test_an_existing_file_is_kept_without_force(photo: Path, tmp_path: Path, refused: Refused) -> None:
    out = tmp_path / "out.png"
    out.write_bytes(b"precious")
    assert "--force" in refused(["apply", "oil_painting", str(photo), str(out)])
    assert out.read_bytes() == b"precious"
    assert run(["apply", "oil_painting", str(photo), str(out), "--force"]) == 0
    assert tk.load(out).shape == (24, 32, 3)


def test_a_folder_that_does_not_exist(photo: Path, tmp_path: Path, refused: Refused) -> None:
    assert "folder does not exist" in refused(
        ["apply", "oil_painting", str(photo), str(tmp_path / "no" / "a.png")]
    )


@pytest.mark.parametrize(("width", "height"), [(1, 1), (4000, 1)])
def test_a_network_takes_a_pixel_and_a_strip_and_says_that_it_is_untrained(
    width: int, height: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch")
    picture, out = tmp_path / "small.png", tmp_path / "out.png"
    tk.save(np.full((height, width, 3), 90, np.uint8), picture)
    given = ["--backend", "torch", "--weights", "untrained", "--scale", "2"]
    assert run(["apply", "fsrcnn", str(picture), str(out), *given]) == 0
    assert f"fsrcnn (untrained), {2 * width} x {2 * height} px" in capsys.readouterr().out
    assert tk.load(out).shape == (2 * height, 2 * width, 3)


def test_alpha_is_kept_where_the_operation_and_the_format_can(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pixels = np.random.default_rng(4).integers(0, 256, (24, 32, 4), dtype=np.uint8)
    cutout = tk.save(pixels, tmp_path / "cutout.png")
    (tmp_path / "many").mkdir()
    for out in (tmp_path / "large.png", tmp_path / "many"):
        assert run(["apply", "bicubic", str(cutout), str(out)]) == 0
    assert capsys.readouterr().err == "atelier: 1 picture: 1 done.\n"
    for file in (tmp_path / "large.png", tmp_path / "many" / "cutout.png"):
        with Pillow.open(file) as large:
            assert (large.mode, large.size) == ("RGBA", (64, 48))
    for operation, suffix in (("bicubic", "jpg"), ("oil_painting", "png")):
        assert run(["apply", operation, str(cutout), str(tmp_path / f"opaque.{suffix}")]) == 0
        assert "laid on white" in capsys.readouterr().err
        with Pillow.open(tmp_path / f"opaque.{suffix}") as opaque:
            assert opaque.mode == "RGB"


def test_lost_bits_and_a_converted_profile_are_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deep = np.random.default_rng(5).integers(0, 65536, (24, 32, 3), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "deep.tif", deep, photometric="rgb", iccprofile=DISPLAY_P3)
    assert run(["apply", "oil_painting", str(tmp_path / "deep.tif"), str(tmp_path / "out.png")]) == 0
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "16 bits" in said and "P3 like to sRGB" in said
    assert run(["apply", "oil_painting", str(tmp_path / "deep.tif"), str(tmp_path / "q.png"), "-q"]) == 0
    assert capsys.readouterr().err == ""


def test_a_cutout_asks_for_a_format_with_alpha_before_the_work(
    photo: Path, tmp_path: Path, refused: Refused
) -> None:
    said = refused(["apply", "matting", str(photo), str(tmp_path / "out.jpg"), "--weights", "untrained"])
    assert "cutout" in said and "--output composite" in said
