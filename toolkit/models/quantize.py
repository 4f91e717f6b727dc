"""Quantise an fp32 ONNX file to an INT8 file that both ONNX Runtime and OpenVINO run.

The quantisation is static QDQ: 8-bit unsigned activations and 8-bit signed weights (the types that VNNI multiplies),
with one scale for each output channel of a weight. The range of an activation goes from the mean of its smallest
values to the mean of its largest values, over the calibration pictures. A range from the smallest to the largest
value of all pictures would spend most of its 256 steps on rare values and cost 0.5 to 2 dB of PSNR.

Three kinds of convolution are not quantised and stay in float:

* the first and the last convolution, which do little of the work and whose rounding errors are visible;
* depthwise convolutions, because the ranges of their output channels differ and one scale for the tensor does not fit
  them all (Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction, ICCV 2019);
* convolutions that read the output of a depthwise convolution, because the ranges of its channels differ.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import InvalidValue, Unavailable, Unsupported

_CONVOLUTIONS = ("Conv", "ConvTranspose")
_FIRST_OPSET = 13  # the first ONNX opset in which a weight can have one scale per channel
_FIRST_IR = 7  # the first version of the ONNX file format that allows opset 13
_ERRORS_ONLY = 3  # log level at which ONNX Runtime prints only errors


def quantize(fp32: Path, out: Path, *, inputs: Sequence[npt.NDArray[np.float32]]) -> None:
    """Write the INT8 form of an ONNX file.

    Parameters
    ----------
    fp32 : Path
        ONNX file with one input, float32 (N, C, H, W).
    out : Path
        Path of the INT8 file to write, in a folder that exists.
    inputs : sequence of ndarray of float32, shape (1, C, H, W)
        Inputs that the network gets for the calibration pictures; their sizes may differ if the graph accepts any size.

    Raises
    ------
    Unavailable
        ``onnx`` or ``onnxruntime`` is not installed.
    InvalidValue
        `inputs` is empty, the ONNX file cannot be read, or its graph cannot run on the inputs.
    Unsupported
        The graph has no convolution that can be quantised.
    """
    if not inputs:
        raise InvalidValue("calibration of int8 must have at least one picture; got none.")
    # The environment variable is set before onnxruntime is imported, because later the variable has no effect.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        import onnx
        from onnxruntime import quantization
    except ModuleNotFoundError as error:
        raise Unavailable(f"int8 needs {error.name}; pip install onnx onnxruntime.") from error

    with _quiet(), tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as folder:
        prepared = Path(folder, "prepared.onnx")
        try:
            graph = _prepared(fp32, prepared)
            chosen = convolutions_to_quantise(graph)
            if not chosen:
                raise Unsupported(
                    f"{fp32.name} has no convolution that int8 makes faster without large errors."
                )
            quantization.quantize_static(
                prepared,
                out,
                _Calibration(graph.input[0].name, inputs),
                quant_format=quantization.QuantFormat.QDQ,
                activation_type=quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QInt8,
                per_channel=True,
                nodes_to_quantize=chosen,
                calibrate_method=quantization.CalibrationMethod.MinMax,
                extra_options={"CalibMovingAverage": True},
            )
            onnx.checker.check_model(out)
        except (Unsupported, MemoryError):
            raise
        except Exception as error:  # three packages raise errors of many classes for a broken file
            reason = " ".join(str(error).split()).removesuffix(".")
            raise InvalidValue(f"model {fp32.name} cannot be quantised: {reason}.") from error


def convolutions_to_quantise(graph: Any) -> list[str]:
    """Names of the convolutions of an ``onnx.GraphProto`` that are quantised; the module's docstring has the rules."""
    weights = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    convolutions = [node for node in graph.node if node.op_type in _CONVOLUTIONS]
    chosen = []
    # Tensors whose channels have very different ranges, so that one int8 scale would be too coarse for some channels.
    uneven: set[str] = set()
    for node in graph.node:  # in ONNX, each node comes after the nodes whose outputs it reads
        if node.op_type not in _CONVOLUTIONS:
            if not uneven.isdisjoint(node.input):
                uneven.update(node.output)
        elif _is_depthwise(node, weights):
            uneven.update(node.output)
        elif node.input[0] not in uneven and node not in (convolutions[0], convolutions[-1]):
            chosen.append(node.name)
    return chosen


def _is_depthwise(node: Any, weights: dict[str, tuple[int, ...]]) -> bool:
    groups = next((attribute.i for attribute in node.attribute if attribute.name == "group"), 1)
    return groups > 1 and weights.get(node.input[1], (0, 0))[1] == 1


class _Calibration:
    """A data reader for ``quantize_static``: each call returns one dict of inputs, and None after the last dict."""

    def __init__(self, name: str, inputs: Sequence[npt.NDArray[np.float32]]) -> None:
        self._feeds = iter([{name: values} for values in inputs])

    def get_next(self) -> dict[str, npt.NDArray[np.float32]] | None:
        return next(self._feeds, None)


def _prepared(fp32: Path, path: Path) -> Any:
    """Write a graph to `path` in the form that the quantiser needs, and return the graph.

    Factors and batch normalisations are folded into the convolutions, shapes are inferred, and nodes get names.
    onnxruntime's ``quantization.quant_pre_process`` does the same with symbolic shapes, which need sympy and fail for
    graphs that accept any size.
    """
    import onnx
    import onnxruntime

    model = onnx.load(fp32)
    if any(o.domain in ("", "ai.onnx") and o.version < _FIRST_OPSET for o in model.opset_import):
        model = onnx.version_converter.convert_version(model, _FIRST_OPSET)
    model.ir_version = max(model.ir_version, _FIRST_IR)
    # Old files (IR version below 4) list every constant as an input, too; only the real inputs are kept.
    constants = {tensor.name for tensor in model.graph.initializer}
    real = [value for value in model.graph.input if value.name not in constants]
    del model.graph.input[:]
    model.graph.input.extend(real)
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = _ERRORS_ONLY
    settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    settings.optimized_model_filepath = str(path)
    onnxruntime.InferenceSession(model.SerializeToString(), settings, providers=["CPUExecutionProvider"])
    model = onnx.shape_inference.infer_shapes(onnx.load(path))
    for number, node in enumerate(model.graph.node):
        node.name = node.name or f"node_{number}"
    onnx.save(model, path)
    return model.graph


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Hide log messages below ERROR, because the quantiser logs advice that does not concern the user."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
