"""Which size of picture an ONNX file takes, where it takes one only."""

from __future__ import annotations

from pathlib import Path


def fixed_size(file: Path) -> tuple[int, int] | None:
    """Width and height (px) of the one input (N, 3, H, W) that is written into an ONNX file.

    None where it takes any size, where it is no such file (its runtime will say why), and without the package onnx.
    """
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError:
        return None
    try:
        graph = onnx.load(file, load_external_data=False).graph
    except (DecodeError, OSError):
        return None
    stored = {tensor.name for tensor in graph.initializer}
    inputs = [given.type.tensor_type.shape.dim for given in graph.input if given.name not in stored]
    if len(inputs) != 1 or len(inputs[0]) != 4:
        return None
    _, channels, height, width = (dim.dim_value for dim in inputs[0])  # 0 where any length will do
    return (width, height) if channels == 3 and width > 0 and height > 0 else None
