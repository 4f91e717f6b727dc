"""INT8 files run in ONNX Runtime and OpenVINO, are close to fp32, and are written completely or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.backends import tiny_graphs as tiny
from toolkit.contracts.loaded_network import LoadedNetwork
from toolkit.contracts.operation import OPERATIONS
from toolkit.core.errors import InvalidValue, Unsupported
from toolkit.core.params import Value
from toolkit.images.image import Image, load
from toolkit.images.photos import at_size, photo
from toolkit.models import onnx_files
from toolkit.models.quantize import quantize

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

Infer = Callable[[np.ndarray], np.ndarray]


def by_onnxruntime(path: Path) -> Infer:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (port,) = session.get_inputs()
    return lambda image: session.run(None, {port.name: image})[0]


def by_openvino(path: Path) -> Infer:
    openvino = pytest.importorskip("openvino")
    compiled = openvino.Core().compile_model(str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda image: compiled(image)[0]


def chain(path: Path, layers: Sequence[tuple[str, int, int]], *, opset: int = 18, ir: int = 9) -> Path:
    """Write convolutions one after the other, each a name, its output channels and its groups, with Relus between.

    Nodes are named like their layers. Files of the first format have every constant as an input as well.
    """
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(1)
    nodes, numbers, last, channels = [], [], "image", 3
    for name, wide, groups in layers:
        kernel = random.standard_normal((wide, channels // groups, 3, 3)) / np.sqrt(9 * channels / groups)
        numbers.append(numpy_helper.from_array(kernel.astype(np.float32), f"{name}_kernel"))
        nodes.append(
            helper.make_node("Conv", [last, f"{name}_kernel"], [name], name, pads=[1] * 4, group=groups)
        )
        nodes.append(helper.make_node("Relu", [name], [f"{name}_relu"], f"{name}_relu"))
        last, channels = f"{name}_relu", wide
    nodes[-1].output[0] = "output"
    ports = [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "h", "w"])]
    if ir < 4:
        ports += [helper.make_tensor_value_info(n.name, n.data_type, n.dims) for n in numbers]
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, ["n", channels, "h", "w"])
    made = helper.make_graph(nodes, "chain", ports, [output], initializer=numbers)
    onnx.save(helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir), path)
    return path


def pictures() -> list[np.ndarray]:
    return [tiny.tensor(1, 24, 40), tiny.tensor(1, 31, 17)]


def in_int8(path: Path) -> set[str]:
    """Names of the convolutions whose weights are stored as integers."""
    graph = onnx.load(path).graph
    restored = {node.output[0] for node in graph.node if node.op_type == "DequantizeLinear"}
    return {node.name for node in graph.node if node.op_type == "Conv" and node.input[1] in restored}


PLAIN = [("first", 16, 1), ("second", 16, 1), ("third", 16, 1), ("last", 3, 1)]


@pytest.mark.parametrize("runtime", [by_onnxruntime, by_openvino])
def test_one_file_runs_everywhere_at_any_size_and_is_close(tmp_path: Path, runtime: Any) -> None:
    fp32, out = chain(tmp_path / "net.onnx", PLAIN), tmp_path / "int8.onnx"
    quantize(fp32, out, inputs=pictures())
    image = tiny.tensor(2, 19, 33)
    expected, got = by_onnxruntime(fp32)(image), runtime(out)(image)
    noise = np.sqrt(np.mean((got - expected) ** 2)) / np.ptp(expected)
    assert 0 < noise < 0.01


def test_nothing_is_left_beside_the_file_and_nothing_is_said(tmp_path: Path, capfd: Any, caplog: Any) -> None:
    fp32, out = chain(tmp_path / "net.onnx", PLAIN), tmp_path / "int8.onnx"
    before = fp32.read_bytes()
    quantize(fp32, out, inputs=pictures())
    assert {file.name for file in tmp_path.iterdir()} == {"net.onnx", "int8.onnx"}
    assert fp32.read_bytes() == before
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_the_ends_and_what_depthwise_convolutions_touch_stay_in_float(tmp_path: Path) -> None:
    layers = [
        ("first", 16, 1),
        ("wide", 16, 1),
        ("grouped", 16, 4),
        ("depthwise", 16, 16),
        ("after", 16, 1),
        ("later", 16, 1),
        ("last", 3, 1),
    ]
    fp32, out = chain(tmp_path / "net.onnx", layers), tmp_path / "int8.onnx"
    quantize(fp32, out, inputs=pictures())
    assert in_int8(out) == {"wide", "grouped", "later"}
    kinds = Counter(node.op_type for node in onnx.load(out).graph.node)
    assert kinds["Conv"] == len(layers)


@pytest.mark.parametrize("runtime", [by_onnxruntime, by_openvino])
def test_an_old_file_is_brought_up_to_date(tmp_path: Path, capfd: Any, runtime: Any) -> None:
    """The published PrismaNet is of opset 7, and of a format in which constants are inputs."""
    old = chain(tmp_path / "old.onnx", PLAIN, opset=7, ir=3)
    new = chain(tmp_path / "new.onnx", PLAIN)
    quantize(old, tmp_path / "int8.onnx", inputs=pictures())
    assert capfd.readouterr() == ("", "")
    image = tiny.tensor(1, 24, 40)
    expected, got = by_onnxruntime(new)(image), runtime(tmp_path / "int8.onnx")(image)
    assert np.sqrt(np.mean((got - expected) ** 2)) / np.ptp(expected) < 0.01


def _text(path: Path) -> Path:
    path.write_text("No model at all.")
    return path


@pytest.mark.parametrize(
    ("write", "inputs", "error", "sentence"),
    [
        (_text, pictures(), InvalidValue, "model net.onnx cannot be quantised: "),
        (tiny.of_an_unknown_operator, pictures(), InvalidValue, "model net.onnx cannot be quantised: .*wand"),
        (
            lambda path: chain(path, PLAIN),
            [tiny.tensor(1, 8, 8, channels=4)],
            InvalidValue,
            "model net.onnx cannot be quantised: ",
        ),
        (lambda path: chain(path, PLAIN), [], InvalidValue, "at least one picture; got none"),
        (tiny.enlarging, pictures(), Unsupported, "net.onnx has no convolution"),
    ],
)
def test_what_cannot_be_quantised_is_refused_in_a_sentence_and_leaves_nothing(
    tmp_path: Path, capfd: Any, write: Any, inputs: Any, error: type[Exception], sentence: str
) -> None:
    fp32 = write(tmp_path / "net.onnx")
    with pytest.raises(error, match=sentence) as caught:
        quantize(fp32, tmp_path / "int8.onnx", inputs=inputs)
    assert "\n" not in str(caught.value)
    assert [file.name for file in tmp_path.iterdir()] == ["net.onnx"]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("operation", ["fsrcnn", "espcn"])
def test_published_weights_keep_their_picture(operation: str, real_weights: Path) -> None:
    """On a picture that was not calibrated on: at least 35 dB from the network's own fp32."""
    pytest.importorskip("onnxscript")
    image, _ = at_size(photo("chelsea"), 96, 96)
    assert _psnr_db(operation, image) >= 35


def test_a_published_graph_keeps_its_mattes(real_weights: Path, test_images: Path) -> None:
    portraits = sorted((test_images / "portraits").glob("p_????????.jpg"))
    assert (
        np.median([_psnr_db("matting", load(path), model="prisma", output="alpha") for path in portraits])
        >= 35
    )


def _psnr_db(operation: str, image: Image, **given: Value) -> float:
    op = OPERATIONS[operation]
    network = op.network_of(op.resolve(given))
    files = [onnx_files.onnx_file(network, precision) for precision in ("fp32", "int8")]
    reference, got = (LoadedNetwork(network, by_onnxruntime(file))(image) for file in files)
    return float(10 * np.log10(255**2 / np.mean((got.astype(float) - reference) ** 2)))
