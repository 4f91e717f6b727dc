"""A block: what is measured stays whatever fails afterwards, and memory is that of opening too."""

from __future__ import annotations

import pytest

from toolkit.bench.measure import measure
from toolkit.bench.plan import Plan
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.operation import OPERATIONS, load_plugin

SHORT = Plan(blocks=2, seconds=0.05, timeout_s=60.0)

TAKES_MORE_TO_OPEN = """
import time
from toolkit.contracts.operation import Operation

def build(cv2):
    held = b"x" * 200_000_000
    time.sleep(0.2)
    return lambda image: image.copy()

OPERATION = Operation(name="takes_more_to_open", summary="", kernels={"opencv": build})
"""

DIES = """
import inspect, os, signal
from pathlib import Path
from toolkit.models import transforms
from toolkit.contracts.loaded_network import NETWORK_PARAMS
from toolkit.models.network import Network
from toolkit.contracts.operation import Operation

class Dies(transforms.Levels):
    def __call__(self, image):
        if any(frame.function == "stage_times" for frame in inspect.stack()):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(image)

NETWORK = Network(
    name="dies", own=Path(__file__).with_name("same.onnx"), transform=Dies(factor=1 / 255),
    whole_because="planted", reference="onnxruntime",
)
OPERATION = Operation(
    name="dies", summary="", params=NETWORK_PARAMS, network=lambda params: NETWORK, prefer=("onnxruntime",)
)
"""


pytestmark = pytest.mark.usefixtures("own_cache_and_lock")


@pytest.fixture
def same(tmp_path):
    """An ONNX file that gives the picture back."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    make, kind = onnx.helper, onnx.TensorProto.FLOAT
    sides = ["pictures", 3, "rows", "columns"]
    graph = make.make_graph(
        [make.make_node("Identity", ["image"], ["output"])],
        "same",
        [make.make_tensor_value_info("image", kind, sides)],
        [make.make_tensor_value_info("output", kind, sides)],
    )
    file = tmp_path / "same.onnx"
    onnx.save(make.make_model(graph, opset_imports=[make.make_opsetid("", 18)], ir_version=9), file)
    return file


def test_a_picture_that_no_file_can_hold_has_no_stages_and_is_measured(same):
    trial = make_trial(
        "onnx_model", "onnxruntime", params={"file": str(same)}, images=("coffee",), size=(65504, 2)
    )
    answer = measure(trial, plan=SHORT)
    assert answer.status == "ok", answer.note
    assert "timed one by one" in answer.note and "65500" in answer.note
    assert len(answer.blocks) == 2 and not any(block.workers[0].pipeline_s for block in answer.blocks)
    assert answer.agreement is not None and answer.agreement.agrees


def test_a_worker_that_dies_in_a_stage_has_left_its_block_and_its_outputs(tmp_path, same):
    plugin = tmp_path / "dies.py"
    plugin.write_text(DIES)
    sha = load_plugin(plugin)
    try:
        trial = make_trial(
            "dies", "onnxruntime", images=("coffee",), size=(48, 32), plugins=((str(plugin), sha),)
        )
        answer = measure(trial, plan=SHORT)
    finally:
        del OPERATIONS._added["dies"]
    assert answer.status == "ok", answer.note
    assert "could not be timed one by one: worker was killed by signal 9" in answer.note
    assert len(answer.blocks) == 2 and answer.memory is not None
    assert answer.agreement is not None and answer.agreement.max_abs == 0


def test_memory_is_that_of_opening_too(tmp_path):
    plugin = tmp_path / "takes_more_to_open.py"
    plugin.write_text(TAKES_MORE_TO_OPEN)
    sha = load_plugin(plugin)
    try:
        trial = make_trial(
            "takes_more_to_open",
            "opencv",
            images=("coffee",),
            size=(48, 32),
            plugins=((str(plugin), sha),),
        )
        memory = measure(trial, plan=SHORT).memory
    finally:
        del OPERATIONS._added["takes_more_to_open"]
    assert memory is not None
    assert memory.rss_peak_bytes > 200_000_000
    if memory.pss_peak_bytes is not None:  # told by Linux alone
        assert memory.pss_peak_bytes > 200_000_000 > memory.idle_bytes
