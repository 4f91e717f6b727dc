"""What ONNX Runtime makes of graphs: NumPy's numbers, threads that sleep, and sentences for bad files."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.backends import tiny_graphs as tiny
from toolkit.core.backend import BACKENDS, Placement
from toolkit.core.errors import InvalidValue, Unavailable
from toolkit.core.machine import allowed_cpus
from toolkit.core.params import Value

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")

BACKEND = BACKENDS["onnxruntime"]
HAS_CUDA = "CUDAExecutionProvider" in onnxruntime.get_available_providers()


@contextmanager
def opened(threads: int = 1, **options: Value) -> Iterator[Any]:
    with BACKEND.session(Placement(threads=threads, options=tuple(sorted(options.items())))) as runtime:
        yield runtime


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.enlarging(tmp_path_factory.mktemp("onnxruntime") / "enlarging.onnx")


def test_pictures_of_any_size_and_number_become_what_numpy_says(graph: Path) -> None:
    with opened() as runtime:
        infer = runtime.load(tiny.form(graph))
        for count, height, width in tiny.SIZES:
            image = tiny.tensor(count, height, width)
            before = image.copy()
            out = infer(image)
            assert out.dtype == np.float32
            assert out.flags.c_contiguous
            np.testing.assert_allclose(out, tiny.enlarged(image), atol=1e-5)
            np.testing.assert_array_equal(image, before)


def test_an_answer_survives_the_next_call(graph: Path) -> None:
    with opened() as runtime:
        infer = runtime.load(tiny.form(graph))
        one = infer(tiny.tensor(1, 8, 8))
        kept = one.copy()
        infer(1 - tiny.tensor(1, 8, 8))
        np.testing.assert_array_equal(one, kept)


def test_a_graph_for_one_picture_takes_a_batch_one_by_one(tmp_path: Path) -> None:
    path = tiny.enlarging(tmp_path / "one.onnx", (1, 3, 6, 4))
    with opened() as runtime:
        image = tiny.tensor(3, 6, 4)
        np.testing.assert_allclose(runtime.load(tiny.form(path))(image), tiny.enlarged(image), atol=1e-5)


@pytest.mark.skipif(allowed_cpus() < 2, reason="one processor: no pool")
@pytest.mark.parametrize("spinning", [False, True])
def test_idle_threads_sleep_unless_they_are_asked_to_spin(graph: Path, spinning: bool) -> None:
    with opened(threads=2, spinning=spinning) as runtime:
        infer = runtime.load(tiny.form(graph))
        assert BACKEND.observed() == {"threads": 2, "device": "cpu", "spinning": spinning}
        idle_s = []
        for _ in range(10):
            infer(tiny.tensor(1, 64, 64))
            before_s = time.process_time()  # of processors, not of the clock on the wall
            time.sleep(0.02)
            idle_s.append(time.process_time() - before_s)
        if not spinning:
            assert np.median(idle_s) < 1e-3
        else:
            assert max(idle_s) > 1e-3


def _first_bytes(path: Path) -> Path:
    tiny.enlarging(path)
    path.write_bytes(path.read_bytes()[:200])
    return path


def _text(path: Path) -> Path:
    path.write_text("No model at all.")
    return path


def _empty(path: Path) -> Path:
    path.write_bytes(b"")
    return path


@pytest.mark.parametrize(
    ("write", "sentence"),
    [
        (_empty, "bad.onnx is not a model that ONNX Runtime can load"),
        (_text, "bad.onnx is not a model that ONNX Runtime can load"),
        (_first_bytes, "bad.onnx is not a model that ONNX Runtime can load"),
        (tiny.of_an_unknown_operator, "bad.onnx is not a model that ONNX Runtime can load: .*wand"),
        (tiny.of_two_inputs, r"must have one float32 input \(N, C, H, W\); got image .*, other "),
        (tiny.of_rows, r"must have one float32 input \(N, C, H, W\); got image .*, 3\)"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path: Path, capfd: Any, write: Any, sentence: str) -> None:
    with opened() as runtime, pytest.raises(InvalidValue, match=sentence) as caught:
        runtime.load(tiny.form(write(tmp_path / "bad.onnx")))
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")
    assert capfd.readouterr() == ("", "")


def test_a_picture_with_other_channels_is_refused_in_one_sentence(graph: Path, capfd: Any) -> None:
    with opened() as runtime:
        infer = runtime.load(tiny.form(graph))
        with pytest.raises(InvalidValue, match=r"an input \(any, 3, any, any\); got \(1, 1, 8, 8\)"):
            infer(tiny.tensor(1, 8, 8, channels=1))
    assert capfd.readouterr() == ("", "")


_RUN_OUT = """
import resource, sys
import numpy as np
from pathlib import Path
from tests.backends import tiny_graphs as tiny
from toolkit.core.backend import BACKENDS, Placement

with BACKENDS["onnxruntime"].session(Placement()) as runtime:
    infer = runtime.load(tiny.form(Path(sys.argv[1])))
    image = np.zeros((1, 3, 4000, 4000), np.float32)
    used_bytes = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used_bytes + 2**28, used_bytes + 2**28))
    try:
        infer(image)
    except MemoryError:
        sys.exit(7)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited as Linux does it")
def test_too_little_memory_is_a_memory_error(graph: Path, pytestconfig: pytest.Config) -> None:
    command = [sys.executable, "-c", _RUN_OUT, str(graph)]
    done = subprocess.run(command, cwd=pytestconfig.rootpath, capture_output=True, text=True)
    assert done.returncode == 7, done.stderr


@pytest.mark.skipif(HAS_CUDA, reason="this build of ONNX Runtime has CUDA")
def test_cuda_is_not_replaced_by_the_processor() -> None:
    with (
        pytest.raises(Unavailable, match="pip install onnxruntime-gpu"),
        BACKEND.session(Placement(device="cuda")),
    ):
        pass


@pytest.mark.skipif(not HAS_CUDA, reason="this build of ONNX Runtime has no CUDA")
def test_cuda_computes_what_numpy_says_or_is_refused(graph: Path) -> None:
    image = tiny.tensor(2, 17, 31)
    with BACKEND.session(Placement(device="cuda")) as runtime:
        try:
            infer = runtime.load(tiny.form(graph))
        except Unavailable as error:
            pytest.skip(str(error))
        np.testing.assert_allclose(infer(image), tiny.enlarged(image), atol=1e-4)
        assert BACKEND.observed()["device"] == "cuda"
