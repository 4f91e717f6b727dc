"""OpenCV's DNN module, beyond the contract of all graph runtimes: its engines, TFLite, no silent fallback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.backends import tiny_graphs as tiny
from toolkit.contracts.backend import BACKENDS, Placement
from toolkit.core.errors import InvalidValue, Unavailable, Unsupported
from toolkit.core.params import Value

pytest.importorskip("onnx")

BACKEND = BACKENDS["opencv_dnn"]
HAS_NEW_ENGINE = hasattr(cv2.dnn, "ENGINE_NEW")
ENGINES = ("classic", "new") if HAS_NEW_ENGINE else ("classic",)


@contextmanager
def opened(precision: str = "fp32", device: str = "cpu", threads: int = 1, **options: Value) -> Iterator[Any]:
    placement = Placement(
        threads=threads, device=device, precision=precision, options=tuple(sorted(options.items()))
    )
    with BACKEND.session(placement) as runtime:
        yield runtime


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.enlarging(tmp_path_factory.mktemp("opencv_dnn") / "enlarging.onnx")


@pytest.mark.parametrize("engine", ENGINES)
def test_each_engine_computes_what_numpy_says(graph: Path, engine: str) -> None:
    with opened(engine=engine) as runtime:
        tiny.assert_enlarges(runtime.load(tiny.form(graph)))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_picture_with_the_wrong_channels_is_refused(graph: Path, engine: str) -> None:
    """OpenCV 5's new engine would read past it."""
    with opened(engine=engine) as runtime, pytest.raises(InvalidValue, match=r"\(1, 1, 8, 8\)|got 1"):
        runtime.load(tiny.form(graph))(tiny.tensor(1, 8, 8, channels=1))


def test_observed_names_the_engine_that_opened_the_graph(graph: Path) -> None:
    with opened() as runtime:
        runtime.load(tiny.form(graph))
        assert BACKEND.observed() == {
            "threads": 1,
            "device": "cpu",
            "target": "cpu",
            "engine": "new" if HAS_NEW_ENGINE else "classic",
            "dnn_backend": "opencv",
        }
    with opened(engine="classic") as runtime:
        runtime.load(tiny.form(graph))
        assert BACKEND.observed()["engine"] == "classic"
    assert BACKEND.observed() == {}


def test_a_session_restores_threads_and_log(graph: Path) -> None:
    before = cv2.getNumThreads(), cv2.utils.logging.getLogLevel()
    with opened(threads=before[0] + 1):
        assert cv2.getNumThreads() == before[0] + 1
    assert (cv2.getNumThreads(), cv2.utils.logging.getLogLevel()) == before


def test_a_missing_engine_backend_or_target_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    if cv2.cuda.getCudaEnabledDeviceCount() == 0:
        with pytest.raises(Unavailable, match="WITH_CUDA"), opened(device="cuda"):
            pass
    if getattr(cv2.dnn, "DNN_TARGET_CPU_FP16", None) not in cv2.dnn.getAvailableTargets(
        cv2.dnn.DNN_BACKEND_OPENCV
    ):
        with pytest.raises(Unavailable, match="fp16"), opened("fp16"):
            pass
    if "ONNX Runtime:                  NO" in cv2.getBuildInformation():
        with pytest.raises(Unavailable, match="ONNX Runtime"), opened(engine="ort"):
            pass
    if not cv2.dnn.getAvailableTargets(cv2.dnn.DNN_BACKEND_INFERENCE_ENGINE):
        with pytest.raises(Unavailable, match="inference_engine"), opened(dnn_backend="inference_engine"):
            pass
    monkeypatch.setenv("OPENCV_FORCE_DNN_ENGINE", "1")
    with pytest.raises(Unavailable, match="OPENCV_FORCE_DNN_ENGINE"), opened():
        pass


def test_a_bad_file_is_refused_without_opencvs_source_lines(tmp_path: Path) -> None:
    text = tmp_path / "text.tflite"
    text.write_text("no graph")
    cases = [
        (tiny.form(text, format="tflite"), InvalidValue, r"text\.tflite: the file is broken"),
        (tiny.form(tiny.of_an_unknown_operator(tmp_path / "magic.onnx")), Unsupported, "Magic"),
    ]
    with opened() as runtime:
        for form, kind, words in cases:
            with pytest.raises(kind, match=words) as caught:
                runtime.load(form)
            assert "/io/" not in str(caught.value)  # OpenCV's own source files


def test_tflite_takes_channels_first(real_weights: Path) -> None:
    """OpenCV's importer transposes; the batch is written into this graph."""
    image = tiny.tensor(2, 256, 256)
    path = next(real_weights.rglob("selfie_segmentation_256_f16.tflite"))
    with opened() as runtime:
        infer = runtime.load(tiny.form(path, format="tflite"))
        both = infer(image)
        assert both.shape == (2, 1, 256, 256)
        assert both.min() >= 0
        assert both.max() <= 1
        np.testing.assert_allclose(both[1:], infer(image[1:]), atol=1e-6)


def test_a_missing_operator_is_named(real_weights: Path) -> None:
    path = next(real_weights.rglob("f64b5_fp32.tflite"))
    with opened() as runtime, pytest.raises(Unsupported, match="DEPTH_TO_SPACE"):
        runtime.load(tiny.form(path, format="tflite"))
