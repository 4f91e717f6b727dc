"""``atelier apply`` with several pictures and a folder: each is done, or failed with its sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import toolkit as tk
from tests.apps.cli.conftest import Refused
from toolkit.apps.cli.main import run


class TestSeveral:
    """Pictures into a folder: each is done, or failed with its sentence."""

    @pytest.fixture
    def out(self, tmp_path: Path) -> Path:
        (tmp_path / "out").mkdir()
        return tmp_path / "out"

    def test_one_bad_picture_leaves_the_others_alone(
        self, photo: Path, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        bad = tmp_path / "bad.jpg"
        bad.write_bytes(b"\xff\xd8\xff no picture")
        other = tk.save(tk.load(photo)[:11, :7], tmp_path / "other.jpg")
        assert (
            run(["apply", "fit_side", str(photo), str(bad), str(other), "coffee", str(out), "--side", "6"])
            == 4
        )
        assert sorted(path.name for path in out.iterdir()) == ["coffee.png", "other.jpg", "photo.png"]
        assert np.array_equal(tk.load(out / "photo.png"), tk.apply("fit_side", tk.load(photo), side=6))
        assert tk.load(out / "other.jpg").shape == (6, 4, 3)
        printed = capsys.readouterr()
        assert printed.out.count("fit_side, ") == 3
        told, summary = printed.err.splitlines()
        assert told.startswith(f"atelier: {bad} failed: ") and "bad.jpg" in told.partition("failed")[2]
        assert summary == f"atelier: 4 pictures: 3 done, 1 failed ({bad})."

    def test_what_exists_is_kept_and_two_of_one_name_are_not_one(
        self, photo: Path, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        twin = tmp_path / "elsewhere" / photo.name
        twin.parent.mkdir()
        tk.save(tk.load(photo)[::-1], twin)
        (out / "coffee.png").write_bytes(b"precious")
        given = ["apply", "fit_side", str(photo), str(twin), "coffee", str(out), "--side", "6"]
        assert run(given) == 4
        assert (out / "coffee.png").read_bytes() == b"precious"
        said = capsys.readouterr().err
        assert "--force" in said and f"'{out / photo.name}'" in said
        assert run([*given, "--force"]) == 4  # the two pictures still have one name
        assert np.array_equal(tk.load(out / photo.name), tk.apply("fit_side", tk.load(photo), side=6))
        assert (out / "coffee.png").read_bytes() != b"precious"

    def test_a_cutout_of_a_jpeg_is_a_png(
        self, photo: Path, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        pytest.importorskip("torch")
        source = tk.save(tk.load(photo), tmp_path / "person.jpg")
        given = ["--model", "unet", "--weights", "untrained", "--output", "cutout", "--backend", "torch"]
        assert run(["apply", "matting", str(source), str(out), *given]) == 0
        assert "person.png: matting (untrained)" in capsys.readouterr().out

    def test_a_picture_too_large_for_its_backend_leaves_the_others_alone(
        self, photo: Path, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        large = tk.save(np.zeros((2100, 2800, 3), np.uint8), tmp_path / "large.png")
        given = ["stylization", str(large), str(photo), str(out), "--backend", "opencv"]
        assert run(["apply", *given]) == 4
        assert [path.name for path in out.iterdir()] == [photo.name]
        assert "large.png failed: cv2.stylization is wrong at 2800 x 2100 px" in capsys.readouterr().err

    def test_what_concerns_all_is_refused_at_once(
        self, photo: Path, tmp_path: Path, out: Path, refused: Refused
    ) -> None:
        two = [str(photo), "coffee"]
        assert "'side' of fit_side" in refused(["apply", "fit_side", *two, str(out), "--side", "0"])
        assert "OUT must be a folder" in refused(["apply", "fit_side", *two, "one.png"])
        assert list(out.iterdir()) == []
