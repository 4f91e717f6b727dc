"""Change a network's graph before OpenVINO compiles it, and report the arithmetic of the compiled convolutions."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from toolkit.core.choices import Precision

_OURS = {"f32": Precision.FP32, "f16": Precision.FP16, "i8": Precision.INT8}
# Target shape of a Reshape operator that puts all values of a picture into one row.
_ONE_ROW_EACH = [0, 1, -1]


def float_nchw(openvino: Any, model: Any, *, channels_last: bool) -> Any:
    """Give the graph a float32 input and output of shape (N, C, H, W); the graph then converts types and axes."""
    ends = openvino.preprocess.PrePostProcessor(model)
    ends.input().tensor().set_element_type(openvino.Type.f32)
    ends.output(0).tensor().set_element_type(openvino.Type.f32)
    if channels_last:
        nhwc, nchw = openvino.Layout("NHWC"), openvino.Layout("NCHW")
        ends.input().tensor().set_layout(nchw)
        ends.input().model().set_layout(nhwc)
        if model.outputs[0].partial_shape.rank == 4:
            ends.output(0).model().set_layout(nhwc)
            ends.output(0).tensor().set_layout(nchw)
    return ends.build()


def normalise_in_place(openvino: Any, model: Any) -> None:
    """Normalise whole pictures over their three axes where a graph first reshapes each picture to one row.

    ONNX writes a group norm with one group as a normalisation of one row that holds all values of a picture. OpenVINO
    stores a pixel's channels side by side, so OpenVINO would reorder all values for the row and back again; in the
    model AnimeGANv2, reordering takes a quarter of the run time.
    """
    opset = openvino.opset13
    for norm in model.get_ordered_ops():
        if norm.get_type_name() != "MVN":
            continue
        row, axes = (port.get_source_output().get_node() for port in norm.inputs())
        if row.get_type_name() != "Reshape" or not row.get_attributes()["special_zero"]:
            continue
        picture, target = (port.get_source_output() for port in row.inputs())
        if (
            picture.get_partial_shape().rank == 4
            and _values(target.get_node()) == _ONE_ROW_EACH
            and _values(axes) in ([2], [-1])
        ):
            how = norm.get_attributes()
            three = opset.constant(np.array([1, 2, 3], np.int64))
            whole = opset.mvn(picture, three, how["normalize_variance"], how["eps"], how["eps_mode"])
            norm.output(0).replace(opset.reshape(whole, target, True).output(0))


def _values(node: Any) -> list[int] | None:
    return node.data.ravel().tolist() if node.get_type_name() == "Constant" else None


def convolutions(compiled: Any) -> str:
    """Number of convolutions that run in each number format, as a text such as ``"int8 52, fp32 50"``."""
    found: Counter[str] = Counter()
    for node in compiled.get_runtime_model().get_ops():
        facts = node.get_rt_info()
        if facts["layerType"].astype(str) in ("Convolution", "Deconvolution"):
            # The name of a kernel ends in its arithmetic, such as I8 in brgconv_avx512_I8.
            kernel = facts["primitiveType"].astype(str)
            arithmetic = kernel.rpartition("_")[2].lower()
            found[_OURS.get(arithmetic, arithmetic)] += 1
    return ", ".join(f"{name} {count}" for name, count in found.most_common())
