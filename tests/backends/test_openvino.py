"""OpenVINO, beyond the contract of all graph runtimes: the requested arithmetic, TFLite, no telemetry."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import toolkit as tk
from tests.backends import tiny_graphs as tiny
from toolkit.contracts.backend import BACKENDS, Placement
from toolkit.contracts.operation import OPERATIONS
from toolkit.core.errors import InvalidValue, Unavailable, UnknownName, Unsupported
from toolkit.core.params import Value
from toolkit.models.transforms import rgb_levels

pytest.importorskip("openvino")
pytest.importorskip("onnx")

BACKEND = BACKENDS["openvino"]


@contextmanager
def opened(precision: str = "fp32", threads: int = 1, **options: Value) -> Iterator[Any]:
    placement = Placement(threads=threads, precision=precision, options=tuple(sorted(options.items())))
    with BACKEND.session(placement) as runtime:
        yield runtime


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.enlarging(tmp_path_factory.mktemp("openvino") / "enlarging.onnx")


def test_streams_share_a_batch(graph: Path) -> None:
    image = tiny.tensor(5, 9, 12)
    with opened(threads=2, streams=2) as runtime:
        np.testing.assert_allclose(runtime.load(tiny.form(graph))(image), tiny.enlarged(image), atol=1e-5)
        assert BACKEND.observed()["streams"] == 2


def test_observed_lists_the_settings_of_the_compiled_graph(graph: Path) -> None:
    with opened() as runtime:
        runtime.load(tiny.form(graph))(tiny.tensor(1, 8, 8))
        assert BACKEND.observed() == {
            "threads": 1,
            "device": "cpu",
            "streams": 1,
            "pinning": False,
            "convolutions": "fp32 1",
        }
    assert BACKEND.observed() == {}


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_reduced_precision_is_used_or_refused(graph: Path, precision: str) -> None:
    import openvino

    image = tiny.tensor(1, 32, 32)
    if precision.upper() not in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        with pytest.raises(Unavailable, match=f"no {precision}"), opened(precision):
            pass
        return
    with opened(precision) as runtime:
        out = runtime.load(tiny.form(graph, precision))(image)
        assert BACKEND.observed()["convolutions"] == f"{precision} 1"
    error = np.abs(out - tiny.enlarged(image)).max()
    assert 1e-5 < error < 0.05


def test_int8_of_a_graph_that_is_not_quantised_is_refused(graph: Path) -> None:
    with opened("int8") as runtime, pytest.raises(Unsupported, match=r"enlarging\.onnx in int8"):
        runtime.load(tiny.form(graph, "int8"))(tiny.tensor(1, 8, 8))


def test_option_int8_rest_needs_precision_int8() -> None:
    with pytest.raises(Unavailable, match="'int8_rest'.* needs precision int8"), opened(int8_rest="bf16"):
        pass


def test_an_unknown_option_is_named() -> None:
    with pytest.raises(UnknownName, match="int8_rest, pinning, streams"), opened(spinning=True):
        pass


def test_a_text_file_is_refused_as_tflite_in_one_sentence(tmp_path: Path) -> None:
    text = tmp_path / "text.tflite"
    text.write_text("no graph")
    with opened() as runtime, pytest.raises(InvalidValue, match=r"text\.tflite is not a model") as caught:
        runtime.load(tiny.form(text, format="tflite"))
    assert "\n" not in str(caught.value)


IN_A_NEW_PROCESS = """
import sys
from pathlib import Path
from tests.backends import tiny_graphs as tiny
from toolkit.contracts.backend import BACKENDS, Placement
with BACKENDS["openvino"].session(Placement()) as runtime:
    infer = runtime.load(tiny.form(Path(sys.argv[1])))
    infer(tiny.tensor(1, 8, 8))
    print("reporter" if "openvino_telemetry" in sys.modules else "no reporter")
"""


def test_reports_nothing_home(graph: Path, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", IN_A_NEW_PROCESS, str(graph)],
        env={**os.environ, "HOME": str(tmp_path), "PYTHONPATH": os.getcwd()},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.stdout == "no reporter\n", ended.stderr
    assert not (tmp_path / "intel").exists()


def real(folder: Path, name: str) -> Path:
    return next(folder.rglob(name))


def test_tflite_is_transposed_inside(real_weights: Path) -> None:
    """PrismaNet's two files hold the same numbers; the TFLite's output is one row of pixels."""
    import dataclasses

    image = tiny.tensor(2, 256, 256)
    with opened() as runtime:
        outputs = []
        for name, format in (("prisma_nchw.onnx", "onnx"), ("prisma-net.tflite", "tflite")):
            form = tiny.form(real(real_weights, name), format=format)
            network = dataclasses.replace(
                form.network, size=(256, 256), scale=1, halo=None, whole_because="it has one size"
            )
            outputs.append(runtime.load(dataclasses.replace(form, network=network))(image))
    assert outputs[0].shape == (2, 1, 256, 256)
    np.testing.assert_allclose(outputs[0], outputs[1], atol=1e-4)


def test_tflite_of_integers_takes_and_gives_floats(real_weights: Path) -> None:
    image = rgb_levels(np.ascontiguousarray(tk.photo("chelsea")[60:84, 100:140]))
    with opened("int8") as runtime:
        small = runtime.load(tiny.form(real(real_weights, "f64b5_uint8.tflite"), "int8", "tflite"))(image)
        assert BACKEND.observed()["convolutions"] == "int8 13"
    with opened() as runtime:
        full = runtime.load(tiny.form(real(real_weights, "f64b5_fp32.tflite"), format="tflite"))(image)
    assert small.shape == full.shape == (1, 3, 48, 80)
    assert small.dtype == np.float32
    assert set(np.unique(small)) <= set(range(256))
    assert np.sqrt(np.mean((small - np.clip(full, 0, 255)) ** 2)) < 4.5  # 35 dB


def test_the_rest_of_an_int8_graph_can_run_in_bf16(real_weights: Path) -> None:
    import openvino

    if "BF16" not in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        pytest.skip("this processor has no bf16")
    path = real(real_weights, "prisma_quant.tflite")
    image = np.rint(tiny.tensor(1, 256, 256) * 255) - 128
    with opened("int8", int8_rest="bf16") as runtime:
        runtime.load(tiny.form(path, "int8", "tflite"))(image)
        found = str(BACKEND.observed()["convolutions"])
    assert "int8" in found
    assert "bf16" in found


def test_a_layer_without_a_kernel_is_refused_in_one_sentence(real_weights: Path) -> None:
    """OpenVINO has no bf16 kernel for a convolution of PrismaNet whose output the next one reads in int8."""
    import openvino

    if "BF16" not in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        pytest.skip("this processor has no bf16")
    matting = OPERATIONS["matting"]
    portrait = tk.photo("astronaut")
    with opened("int8", int8_rest="bf16") as runtime:
        kernel = matting.build(BACKEND, runtime, matting.resolve({"model": "prisma"}), "int8")
        with pytest.raises(Unsupported, match=r"compile prisma-int8-\w+\.onnx: OpenVINO has no kernel"):
            kernel(portrait)


def test_a_missing_operator_is_named(real_weights: Path) -> None:
    path = real(real_weights, "selfie_segmentation_256_f16.tflite")
    with opened() as runtime, pytest.raises(Unsupported, match="Convolution2DTransposeBias"):
        runtime.load(tiny.form(path, format="tflite"))
