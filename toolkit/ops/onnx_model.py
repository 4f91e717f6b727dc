"""A network of the user's own: an ONNX file that takes a picture and returns a picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from toolkit.contracts.operation import Operation, Params
from toolkit.core.params import Param
from toolkit.models import transforms
from toolkit.models.network import Network

_LEVELS = {"unit": transforms.rgb_unit, "signed": transforms.rgb_signed, "bytes": transforms.rgb_levels}


def _network(params: Params) -> Network:
    path = Path(str(params["file"])).expanduser()
    levels = replace(_LEVELS[str(params["levels"])], is_rgb=params["order"] == "rgb")
    if params["output_levels"] != "same":
        given = _LEVELS[str(params["output_levels"])]
        levels = replace(levels, output_factor=given.factor, output_mean=given.mean)
    return Network(
        name=path.stem or "onnx_model",
        transform=levels,
        own=path,
        whole_because="the receptive field of your own network is not known",
        scale=int(params["scale"]),
        reference="onnxruntime",
    )


OPERATION = Operation(
    name="onnx_model",
    summary="Your own network: an ONNX file, float32 (N, 3, H, W) to (N, 3, scale H, scale W).",
    params=(
        Param(name="file", default="", rebuild=True, help="path of the ONNX file"),
        Param(
            name="levels",
            default="unit",
            choices=tuple(_LEVELS),
            rebuild=True,
            help="range of the network's input: 0..1, -1..1 or 0..255",
        ),
        Param(
            name="output_levels",
            default="same",
            choices=("same", *_LEVELS),
            rebuild=True,
            help="range of the network's output, if it differs from the range of the input",
        ),
        Param(
            name="order",
            default="rgb",
            choices=("rgb", "bgr"),
            rebuild=True,
            help="order of the network's colour channels",
        ),
        Param(name="scale", default=1, low=1, high=8, rebuild=True, help="output side divided by input side"),
    ),
    network=_network,
    keeps_alpha=True,
    prefer=("onnxruntime", "openvino", "opencv_dnn"),
)
