"""OpenCV's pixel shuffle and that of dnn_superres in one process: every graph gets the right one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.backends import tiny_graphs as tiny
from toolkit.contracts.backend import BACKENDS, Placement

pytest.importorskip("onnx")


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.enlarging(tmp_path_factory.mktemp("opencv_dnn") / "enlarging.onnx")


def in_a_new_process(script: str, *arguments: object) -> list[str]:
    ended = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.getcwd()},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


# In a process of its own: it starts from OpenCV's layers as they are.
SUPERRES = """
import sys
from pathlib import Path
import cv2
import numpy as np
from tests.backends import tiny_graphs as tiny
from toolkit.contracts.backend import BACKENDS, Placement
from toolkit.core.errors import AtelierError
from toolkit.contracts.operation import OPERATIONS
backend = BACKENDS["opencv_dnn"]
pictures = [np.random.default_rng(h).integers(0, 256, (h, w, 3), np.uint8) for h, w in ((1, 1), (2, 3), (17, 31))]
cases = [("fsrcnn", "FSRCNN_x3.pb", 3), ("espcn", "ESPCN_x2.pb", 2), ("lapsrn", "LapSRN_x4.pb", 4)]
wanted = {}
for name, file, scale in cases:
    itself = cv2.dnn_superres.DnnSuperResImpl_create()
    itself.readModel(str(next(Path(sys.argv[2]).rglob(file))))
    itself.setModel(name, scale)
    wanted[name] = [itself.upsample(picture) for picture in pictures]
with backend.session(Placement()) as runtime:
    for turn in range(2):
        kept = []
        for name, _, scale in cases:
            operation = OPERATIONS[name]
            kernel = operation.build(backend, runtime, operation.resolve({"scale": scale}))
            kept.append((kernel, wanted[name]))
            print(name, backend.observed()["engine"])
        image = tiny.tensor(2, 9, 8)
        out = runtime.load(tiny.form(Path(sys.argv[1])))(image)
        np.testing.assert_allclose(out, tiny.enlarged(image), atol=1e-5)
        for kernel, outputs in kept:
            for picture, output in zip(pictures, outputs):
                np.testing.assert_array_equal(kernel(picture), output)
    broken = Path(sys.argv[1]).with_name("broken.pb")
    broken.write_bytes(next(Path(sys.argv[2]).rglob("ESPCN_x2.pb")).read_bytes()[:5000])
    try:
        runtime.superres(tiny.form(broken, format="pb"))
    except AtelierError as error:
        print(error)
"""


def test_dnn_superres_and_onnx_graphs_with_a_pixel_shuffle_take_turns(
    graph: Path, real_weights: Path
) -> None:
    """Graphs that were opened earlier stay right when the other kind is opened."""
    assert in_a_new_process(SUPERRES, graph, real_weights) == [
        *["fsrcnn classic", "espcn classic", "lapsrn classic"] * 2,
        "dnn_superres cannot import broken.pb: the file is broken, or of another kind.",
    ]


def test_reading_weights_of_dnn_superres_breaks_no_onnx_graph(graph: Path, real_weights: Path) -> None:
    checkpoint = pytest.importorskip("toolkit.models.checkpoint")
    checkpoint.read(next(real_weights.rglob("ESPCN_x2.pb")))
    image = tiny.tensor(1, 9, 8)
    with BACKENDS["opencv_dnn"].session(Placement()) as runtime:
        np.testing.assert_allclose(runtime.load(tiny.form(graph))(image), tiny.enlarged(image), atol=1e-5)
