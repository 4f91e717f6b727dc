"""Export a torch module to an ONNX file that accepts any height, width and batch size."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn

OPSET = 18


def export(
    module: nn.Module, path: Path, *, channels: int, multiple: int = 1, size: tuple[int, int] | None = None
) -> None:
    """Write an ONNX file with one input ``image`` and one output ``output``, both NCHW float32, and all weights inside.

    Parameters
    ----------
    module : nn.Module
        The network as a torch module in eval mode.
    path : Path
        Path of the ONNX file to write.
    channels : int
        Number of channels of the network's input.
    multiple : int
        Height and width of every input are multiples of this number.
    size : (int, int), optional
        Fixed height and width, px, with a batch size of 1; None leaves height, width and batch size open.
    """
    # If the example input had equal height and width, the exporter would require square inputs.
    height, width = size or (8 * multiple, 12 * multiple)
    example = torch.zeros(1 if size else 2, channels, height, width)
    with _quiet(), torch.inference_mode():
        torch.onnx.export(
            module,
            (example,),
            path,
            dynamo=True,
            external_data=False,
            opset_version=OPSET,
            input_names=["image"],
            output_names=["output"],
            dynamic_shapes=None if size else (_open_shape(multiple),),
            verbose=False,
        )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence the exporter, which prints its progress and warns about packages that it does not need."""
    log = logging.getLogger("torch.onnx")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(before)


def _open_shape(multiple: int) -> dict[int, object]:
    rows, columns = torch.export.Dim("rows", max=2**14), torch.export.Dim("columns", max=2**14)
    return {0: torch.export.Dim("batch", max=2**10), 2: multiple * rows, 3: multiple * columns}
