"""Small ONNX graphs and what they compute, by NumPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.contracts.loaded_network import Form
from toolkit.models.network import Network
from toolkit.models.transforms import rgb_unit

Tensor = npt.NDArray[np.float32]
OPEN = ("n", 3, "h", "w")
SIZES = [(1, 1, 1), (1, 2, 3), (3, 17, 31), (1, 1, 40), (2, 2, 3)]
"""Pictures, height and width."""

_RANDOM = np.random.default_rng(5)
_KERNEL = (_RANDOM.standard_normal((12, 3, 3, 3)) / 5).astype(np.float32)


def form(path: Path, precision: str = "fp32", format: str = "onnx") -> Form:
    """The file as a backend is given it."""
    network = Network(name="tiny_x2", transform=rgb_unit, own=path, scale=2, halo=1)
    return Form(network=network, format=format, source=path, precision=precision)


def tensor(count: int, height: int, width: int, channels: int = 3) -> Tensor:
    return np.random.default_rng(height * width).random((count, channels, height, width), np.float32)


def enlarging(path: Path, shape: Sequence[int | str] = OPEN) -> Path:
    """Write a convolution of 3 x 3 and a pixel shuffle by 2; `enlarged` is what it computes."""
    from onnx import helper, numpy_helper

    nodes = [
        helper.make_node("Conv", ["image", "kernel"], ["many"], pads=[1, 1, 1, 1]),
        helper.make_node("DepthToSpace", ["many"], ["output"], blocksize=2, mode="CRD"),
    ]
    return _save(path, nodes, {"image": shape}, [numpy_helper.from_array(_KERNEL, "kernel")])


def enlarged(image: Tensor) -> Tensor:
    """(N, 3, H, W) to (N, 3, 2 H, 2 W)."""
    count, _, height, width = image.shape
    padded = np.pad(image.astype(np.float64), ((0, 0), (0, 0), (1, 1), (1, 1)))
    many = sum(
        np.einsum("oc,nchw->nohw", _KERNEL[:, :, y, x], padded[:, :, y : y + height, x : x + width])
        for y in range(3)
        for x in range(3)
    )
    blocks = np.asarray(many).reshape(count, 3, 2, 2, height, width).transpose(0, 1, 4, 2, 5, 3)
    return blocks.reshape(count, 3, 2 * height, 2 * width).astype(np.float32)


def assert_enlarges(infer: Callable[[Tensor], Tensor]) -> None:
    """What it makes of an `enlarging` graph, for pictures of any size and number, is what NumPy says."""
    for count, height, width in SIZES:
        image = tensor(count, height, width)
        before = image.copy()
        out = infer(image)
        assert out.dtype == np.float32
        assert out.flags.c_contiguous
        np.testing.assert_allclose(out, enlarged(image), atol=1e-5)
        np.testing.assert_array_equal(image, before)


def normalising(path: Path, groups: int) -> Path:
    """Write the norm of groups of three channels, as exporters write it; `normalised` is what it computes."""
    from onnx import helper, numpy_helper

    nodes = [
        helper.make_node("Shape", ["image"], ["shape"]),
        helper.make_node("Reshape", ["image", "rows"], ["of_groups"]),
        helper.make_node("InstanceNormalization", ["of_groups", "scale", "bias"], ["even"], epsilon=0.01),
        helper.make_node("Reshape", ["even", "shape"], ["output"]),
    ]
    numbers = {
        "rows": np.array([0, groups, -1]),
        "scale": np.full(groups, 2, np.float32),
        "bias": np.full(groups, 0.5, np.float32),
    }
    inits = [numpy_helper.from_array(values, name) for name, values in numbers.items()]
    return _save(path, nodes, {"image": OPEN}, inits)


def normalised(image: Tensor, groups: int) -> Tensor:
    """(N, 3, H, W) to the same."""
    rows = image.astype(np.float64).reshape(len(image), groups, -1)
    mean, variance = rows.mean(axis=2, keepdims=True), rows.var(axis=2, keepdims=True)
    return (2 * (rows - mean) / np.sqrt(variance + 0.01) + 0.5).reshape(image.shape).astype(np.float32)


def of_two_inputs(path: Path) -> Path:
    from onnx import helper

    return _save(
        path, [helper.make_node("Add", ["image", "other"], ["output"])], {"image": OPEN, "other": OPEN}
    )


def of_rows(path: Path) -> Path:
    """Takes (N, 3)."""
    from onnx import helper

    return _save(path, [helper.make_node("Relu", ["image"], ["output"])], {"image": ("n", 3)})


def of_sizes(path: Path) -> Path:
    """Gives what it takes, by way of its shape."""
    from onnx import helper

    nodes = [
        helper.make_node("Shape", ["image"], ["shape"]),
        helper.make_node("Expand", ["image", "shape"], ["output"]),
    ]
    return _save(path, nodes, {"image": OPEN})


def giving_rows(path: Path) -> Path:
    """Takes pictures and gives (N, 3 H W)."""
    from onnx import helper

    return _save(path, [helper.make_node("Flatten", ["image"], ["output"])], {"image": OPEN}, rank=2)


def of_an_unknown_operator(path: Path) -> Path:
    from onnx import helper

    return _save(path, [helper.make_node("Magic", ["image"], ["output"], domain="wand")], {"image": OPEN})


def _save(
    path: Path,
    nodes: list[Any],
    inputs: dict[str, Sequence[int | str]],
    numbers: Sequence[Any] = (),
    *,
    rank: int = 0,
) -> Path:
    import onnx
    from onnx import TensorProto, helper

    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(s)) for name, s in inputs.items()]
    # OpenCV wants to know how many axes the output has, at least.
    axes = [f"output_{axis}" for axis in range(rank or len(inputs["image"]))]
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, axes)
    graph = helper.make_graph(nodes, "tiny", ports, [output], initializer=list(numbers))
    versions = [helper.make_opsetid("", 18), helper.make_opsetid("wand", 1)]
    onnx.save(helper.make_model(graph, opset_imports=versions, ir_version=9), path)
    return path
