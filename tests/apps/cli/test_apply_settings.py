"""``atelier apply`` takes parameters, presets, steps and plug-ins, and refuses what does not fit in one sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

import toolkit as tk
from tests.apps.cli.conftest import Refused
from toolkit.apps.cli.main import run


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


def test_presets_are_offered_and_another_is_refused(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], refused: Refused
) -> None:
    said = refused(["apply", "matting", str(photo), str(tmp_path / "out.png"), "--preset", "passport"])
    assert "preset of matting must be one of avatar, id_photo, matte, product; got 'passport'" in said
    with pytest.raises(SystemExit):
        run(["apply", "matting", "--help"])
    assert "--preset {id_photo,matte,product,avatar}" in capsys.readouterr().out


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
