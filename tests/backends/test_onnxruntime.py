"""ONNX Runtime, beyond the contract of all graph runtimes: sleeping threads, and no silent fallback from CUDA."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.backends import tiny_graphs as tiny
from toolkit.backends.onnxruntime import kinds_left_to_cpu
from toolkit.contracts.backend import BACKENDS, Placement
from toolkit.core.errors import Unavailable
from toolkit.machine.hardware import allowed_cpus

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")

BACKEND = BACKENDS["onnxruntime"]
HAS_CUDA = "CUDAExecutionProvider" in onnxruntime.get_available_providers()


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.enlarging(tmp_path_factory.mktemp("onnxruntime") / "enlarging.onnx")


@pytest.mark.skipif(allowed_cpus() < 2, reason="one processor: no pool")
@pytest.mark.parametrize("spinning", [False, True])
def test_idle_threads_sleep_unless_they_are_asked_to_spin(graph: Path, spinning: bool) -> None:
    with BACKEND.session(Placement(threads=2, options=(("spinning", spinning),))) as runtime:
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


RUNNING = """
from toolkit.contracts.backend import BACKENDS, Placement
with BACKENDS["onnxruntime"].session(Placement()) as runtime:
    runtime.load(tiny.form(file))(tiny.tensor(1, 8, 8))
"""
QUANTISING = """
import contextlib
from toolkit.core.errors import Unsupported
from toolkit.models.quantize import quantize
with contextlib.suppress(Unsupported):  # after it ran
    quantize(file, file.with_name("int8.onnx"), inputs=[tiny.tensor(1, 8, 8)])
"""


@pytest.mark.parametrize("work", [RUNNING, QUANTISING], ids=["running", "quantising"])
def test_reports_nothing_home_and_writes_no_identifier(graph: Path, tmp_path: Path, work: str) -> None:
    start = "import sys, pathlib\nfrom tests.backends import tiny_graphs as tiny\nfile = pathlib.Path(sys.argv[1])\n"
    unset = ("CI", "ORT_DISABLE_TELEMETRY")  # it also keeps quiet where tests are run for others
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONPATH": os.getcwd()}
    ended = subprocess.run(
        [sys.executable, "-c", start + work, str(graph)],
        env={**{name: value for name, value in os.environ.items() if name not in unset}, **home},
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert not list(tmp_path.rglob("*onnxruntime*")) and not list(tmp_path.rglob("deviceid"))


@pytest.mark.skipif(HAS_CUDA, reason="this build of ONNX Runtime has CUDA")
def test_cuda_is_refused_where_the_build_lacks_it() -> None:
    with (
        pytest.raises(Unavailable, match="pip install onnxruntime-gpu"),
        BACKEND.session(Placement(device="cuda")),
    ):
        pass


@pytest.mark.parametrize(
    ("kinds", "left"),
    [(["Conv", "DepthToSpace"], ["Conv", "DepthToSpace"]), (["Shape", "Expand"], [])],
    ids=["a picture", "sizes"],
)
def test_operators_on_the_cpu_are_listed_without_those_that_compute_sizes(
    graph: Path, tmp_path: Path, kinds: list[str], left: list[str]
) -> None:
    """Tested on the CPU, where every operator runs on it: the session records that and works as usual."""
    file = graph if "Conv" in kinds else tiny.of_sizes(tmp_path / "sizes.onnx")
    settings = onnxruntime.SessionOptions()
    settings.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    session = onnxruntime.InferenceSession(str(file), settings, providers=["CPUExecutionProvider"])
    placed = [
        node.op_type for part in session.get_provider_graph_assignment_info() for node in part.get_nodes()
    ]
    assert sorted(placed) == sorted(kinds)
    assert kinds_left_to_cpu(session) == left
    assert session.run(None, {"image": tiny.tensor(1, 4, 4)})[0].ndim == 4


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
