"""``atelier apply`` on good and bad input: exit code, one sentence, and a file written whole or not at all."""

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


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return tk.save(
        np.random.default_rng(3).integers(0, 256, (24, 32, 3), dtype=np.uint8), tmp_path / "photo.png"
    )


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


@pytest.mark.parametrize(
    ("given", "part"),
    [
        (["--size", "51"], "a whole number in [1, 50] px; got 51"),
        (["--size", "-1"], "got -1"),
        (["--size", "nan"], "got 'nan'"),
        (["--size", "3.5"], "a whole number"),
        (["--size", "wide"], "got 'wide'"),
        (["--size"], "expected one argument"),
        (["--threads", "0"], "'threads'"),
        (["--threads", "many"], "'threads'"),
        (["--backend", "opencl"], "backend must be one of"),
        (["--precision", "fp8"], "fp32, bf16, fp16, int8"),
        (["--device", "tpu"], "cpu, cuda"),
    ],
)
def test_refuses_a_bad_value(
    given: list[str], part: str, photo: Path, tmp_path: Path, refused: Refused
) -> None:
    assert part in refused(["apply", "oil_painting", str(photo), str(tmp_path / "out.png"), *given])
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize("value", ["nan", "inf", "1e400"])
def test_refuses_a_number_that_is_none(value: str, photo: Path, refused: Refused) -> None:
    sentence = refused(["apply", "stylization", str(photo), "out.png", f"--sigma_s={value}"])
    assert "'sigma_s' of stylization must be a number in [1, 200] px" in sentence


def test_a_device_that_the_backend_lacks_is_unavailable(
    photo: Path, tmp_path: Path, refused: Refused
) -> None:
    arguments = [
        "oil_painting",
        str(photo),
        str(tmp_path / "out.png"),
        "--backend",
        "opencv",
        "--device",
        "cuda",
    ]
    assert "'cuda'" in refused(["apply", *arguments], code=3)


def test_unknown_operation_gets_a_suggestion(photo: Path, refused: Refused) -> None:
    assert "Did you mean 'stylization'?" in refused(["apply", "stylisation", str(photo), "out.png"])


def test_a_folder_that_does_not_exist(photo: Path, tmp_path: Path, refused: Refused) -> None:
    assert "folder does not exist" in refused(
        ["apply", "oil_painting", str(photo), str(tmp_path / "no" / "a.png")]
    )


def test_help_declares_bounds_units_and_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(["apply", "stylization", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "--sigma_s PX" in shown
    assert "a number in [1, 200] px; default 60.0" in shown


PLUGIN = """
from toolkit.contracts.operation import Operation

OPERATION = Operation(
    name="upside_down",
    summary="Turned by 180 degrees.",
    kernels={"opencv": lambda cv2: lambda image: cv2.rotate(image, cv2.ROTATE_180)},
)
"""


def test_a_plugin_serves_list_and_apply(photo: Path, tmp_path: Path) -> None:
    # In processes of their own: a loaded plug-in stays registered.
    plugin = tmp_path / "upside_down.py"
    plugin.write_text(PLUGIN)
    root = Path(__file__).parents[2]

    def atelier(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "toolkit", *arguments, "--plugin", str(plugin)]
        return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60)

    assert "upside_down" in atelier("list", "operations").stdout
    answer = atelier("apply", "upside_down", str(photo), str(tmp_path / "out.png"))
    assert (answer.returncode, answer.stderr) == (0, "")
    assert np.array_equal(tk.load(tmp_path / "out.png"), tk.load(photo)[::-1, ::-1])


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("def broken(:\n", "line 1"),
        ("import a_module_that_is_nowhere\n", "a_module_that_is_nowhere"),
        ("print = 3\n", "must define OPERATION or BACKEND"),
        ("OPERATION = 3\n", "Operation"),
    ],
)
def test_refuses_a_broken_plugin(
    content: str, part: str, tmp_path: Path, photo: Path, refused: Refused
) -> None:
    plugin = tmp_path / "broken.py"
    plugin.write_text(content)
    sentence = refused(["apply", "oil_painting", str(photo), "out.png", "--plugin", str(plugin)])
    assert part in sentence
    assert "broken.py" in sentence


def test_refuses_a_missing_plugin(photo: Path, refused: Refused) -> None:
    assert "no/where.py" in refused(
        ["apply", "oil_painting", str(photo), "out.png", "--plugin", "/no/where.py"]
    )


def test_a_preset_is_several_parameters_and_those_beside_it_win(
    photo: Path, tmp_path: Path, real_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnxruntime")
    monkeypatch.setenv("ATELIER_WEIGHTS", str(real_weights))
    out = tmp_path / "out.png"
    given = ["--preset", "id_photo", "--background", "navy", "--model", "prisma"]
    assert run(["apply", "matting", str(photo), str(out), *given]) == 0
    how = {**tk.OPERATIONS["matting"].presets["id_photo"], "background": "navy", "model": "prisma"}
    assert np.array_equal(tk.load(out), tk.apply("matting", tk.load(photo), **how))


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


def test_presets_are_offered_and_another_is_refused(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], refused: Refused
) -> None:
    said = refused(["apply", "matting", str(photo), str(tmp_path / "out.png"), "--preset", "passport"])
    assert "preset of matting must be one of avatar, id_photo, matte, product; got 'passport'" in said
    with pytest.raises(SystemExit):
        run(["apply", "matting", "--help"])
    assert "--preset {id_photo,matte,product,avatar}" in capsys.readouterr().out


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


def test_steps_run_first(photo: Path, tmp_path: Path, refused: Refused) -> None:
    for option, size in (
        (["--step", "fit_pixels:pixels=192"], (16, 12)),
        (["--step", "fit_pixels.pixels=192,fit_side.side=8"], (8, 6)),
        (["--max-megapixels", "0.001"], (32, 24)),
    ):
        out = tmp_path / f"{size[0]}.png"
        assert run(["apply", "oil_painting", str(photo), str(out), *option, "-q"]) == 0
        with Pillow.open(out) as written:
            assert written.size == size
    first = tk.apply("fit_pixels", tk.load(photo), pixels=192)
    assert np.array_equal(tk.load(tmp_path / "16.png"), tk.apply("oil_painting", first))
    wrong = ["apply", "oil_painting", str(photo), str(tmp_path / "out.png")]
    assert "pixels" in refused([*wrong, "--step", "fit_pixels:pixel=192"])
    assert "operation" in refused([*wrong, "--step", "fit:pixels=192"])
    assert "max-megapixels" in refused([*wrong, "--max-megapixels", "0"])


def test_a_cutout_asks_for_a_format_with_alpha_before_the_work(
    photo: Path, tmp_path: Path, refused: Refused
) -> None:
    said = refused(["apply", "matting", str(photo), str(tmp_path / "out.jpg"), "--weights", "untrained"])
    assert "cutout" in said and "--output composite" in said
