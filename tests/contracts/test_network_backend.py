"""Every backend that opens ONNX graphs computes what NumPy says, and refuses what it cannot run in one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.backends import tiny_graphs as tiny
from toolkit.contracts.backend import BACKENDS, Backend, Placement
from toolkit.core.errors import InvalidValue, Unsupported
from toolkit.machine.hardware import allowed_cpus

pytest.importorskip("onnx", reason="the graphs are written with onnx")


@pytest.fixture(params=[name for name in BACKENDS if "onnx" in BACKENDS[name].formats])
def backend(request: pytest.FixtureRequest) -> Backend:
    found = BACKENDS[request.param]
    if not found.is_installed():
        pytest.skip(f"backend {found.name} is not installed")
    return found


@pytest.fixture
def runtime(backend: Backend) -> Iterator[Any]:
    with backend.session(Placement()) as opened:
        yield opened


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.enlarging(tmp_path_factory.mktemp("graphs") / "enlarging.onnx")


def test_any_size_and_batch_gives_what_numpy_computes(runtime: Any, graph: Path) -> None:
    tiny.assert_enlarges(runtime.load(tiny.form(graph)))


def test_an_output_is_not_overwritten_by_the_next_call(runtime: Any, graph: Path) -> None:
    infer = runtime.load(tiny.form(graph))
    one = infer(tiny.tensor(1, 8, 8))
    kept = one.copy()
    infer(1 - tiny.tensor(1, 8, 8))
    np.testing.assert_array_equal(one, kept)


def test_a_graph_for_one_picture_takes_a_batch_one_by_one(runtime: Any, tmp_path: Path) -> None:
    image = tiny.tensor(3, 9, 12)
    infer = runtime.load(tiny.form(tiny.enlarging(tmp_path / "one.onnx", (1, 3, 9, 12))))
    np.testing.assert_allclose(infer(image), tiny.enlarged(image), atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "image", "sentence"),
    [
        (tiny.OPEN, tiny.tensor(1, 8, 8, channels=1), r"\(any, 3, any, any\); got \(1, 1, 8, 8\)"),
        ((1, 3, 9, 12), tiny.tensor(1, 9, 13), r"\(1, 3, 9, 12\); got \(1, 3, 9, 13\)"),
    ],
    ids=["channels", "size"],
)
def test_an_input_that_the_graph_does_not_declare_is_refused_in_one_sentence(
    backend: Backend, runtime: Any, tmp_path: Path, capfd: Any, shape: Any, image: Any, sentence: str
) -> None:
    infer = runtime.load(tiny.form(tiny.enlarging(tmp_path / "some.onnx", shape)))
    if keeps_no_shapes(backend):
        sentence = r"some\.onnx"
    with pytest.raises(InvalidValue, match=sentence) as caught:
        infer(image)
    assert_one_sentence(caught.value)
    assert capfd.readouterr() == ("", "")


def empty(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def text(path: Path) -> Path:
    path.write_text("No model at all.")
    return path


def cut_short(path: Path) -> Path:
    path.write_bytes(tiny.enlarging(path).read_bytes()[:-200])
    return path


@pytest.mark.parametrize("write", [empty, text, cut_short])
def test_a_broken_file_is_refused_in_one_sentence(
    backend: Backend, runtime: Any, tmp_path: Path, capfd: Any, write: Callable[[Path], Path]
) -> None:
    with pytest.raises(InvalidValue, match=r"bad\.onnx") as caught:
        runtime.load(tiny.form(write(tmp_path / "bad.onnx")))
    assert_one_sentence(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("write", [tiny.of_two_inputs, tiny.of_rows])
def test_a_graph_that_takes_no_pictures_is_refused_in_one_sentence(
    backend: Backend, runtime: Any, tmp_path: Path, write: Callable[[Path], Path]
) -> None:
    if keeps_no_shapes(backend):
        pytest.skip("OpenCV 4 does not keep what inputs a graph declares")
    with pytest.raises(
        InvalidValue, match=r"bad\.onnx must have one .*input \(N, C, H, W\); got .*3"
    ) as caught:
        runtime.load(tiny.form(write(tmp_path / "bad.onnx")))
    assert_one_sentence(caught.value)


def test_an_output_that_is_no_picture_is_refused_in_one_sentence(runtime: Any, tmp_path: Path) -> None:
    infer = runtime.load(tiny.form(tiny.giving_rows(tmp_path / "rows.onnx")))
    with pytest.raises(
        InvalidValue, match=r"rows\.onnx must have an? .*output \(N, C, H, W\); got .*\(2, 36\)"
    ) as caught:
        infer(tiny.tensor(2, 3, 4))
    assert_one_sentence(caught.value)


def test_an_operator_that_the_runtime_lacks_is_named_in_one_sentence(
    runtime: Any, tmp_path: Path, capfd: Any
) -> None:
    with pytest.raises((InvalidValue, Unsupported), match=r"bad\.onnx.*(wand|Magic)") as caught:
        runtime.load(tiny.form(tiny.of_an_unknown_operator(tmp_path / "bad.onnx")))
    assert_one_sentence(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_are_those_of_the_placement_and_change_no_picture(
    backend: Backend, graph: Path, threads: int
) -> None:
    if threads > allowed_cpus():
        pytest.skip(f"{threads} threads on {allowed_cpus()} processor")
    with backend.session(Placement(threads=threads)) as runtime:
        tiny.assert_enlarges(runtime.load(tiny.form(graph)))
        said = backend.observed()
    assert said["threads"] == threads and said["device"] == "cpu"
    assert backend.observed() == {}


WITH_LITTLE_MEMORY = """
import resource, sys
from pathlib import Path
import numpy as np
from tests.backends import tiny_graphs as tiny
from toolkit.contracts.backend import BACKENDS, Placement
with BACKENDS[sys.argv[1]].session(Placement()) as runtime:
    infer = runtime.load(tiny.form(Path(sys.argv[2])))
    infer(tiny.tensor(1, 8, 8))
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    picture = np.zeros((1, 3, 3000, 3000), np.float32)
    resource.setrlimit(resource.RLIMIT_AS, (used + picture.nbytes + 2**28,) * 2)
    try:
        infer(picture)
    except MemoryError as error:
        print(error)
    print(infer(tiny.tensor(1, 8, 8)).shape)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited as Linux does it")
def test_a_graph_still_works_after_a_memory_error(
    backend: Backend, graph: Path, pytestconfig: pytest.Config
) -> None:
    root = pytestconfig.rootpath
    ended = subprocess.run(
        [sys.executable, "-c", WITH_LITTLE_MEMORY, backend.name, str(graph)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    said = ended.stdout.splitlines()
    assert ended.returncode == 0 and len(said) == 2, ended.stderr
    assert said[0].endswith(" could not run enlarging.onnx on an input (1, 3, 3000, 3000): out of memory")
    assert said[1] == "(1, 3, 16, 16)"


def keeps_no_shapes(backend: Backend) -> bool:
    """OpenCV 4, which knows a wrong input only when it computes."""
    if backend.name != "opencv_dnn":
        return False
    import cv2

    return not hasattr(cv2.dnn, "ENGINE_NEW")


def assert_one_sentence(error: Exception) -> None:
    said = str(error)
    assert said.endswith(".") and "\n" not in said and ".cpp" not in said
