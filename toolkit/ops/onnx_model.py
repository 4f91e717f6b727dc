"""A network of the user's own: an ONNX file from picture to picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from toolkit.contracts.operation import Operation, Params
from toolkit.core.errors import InvalidValue
from toolkit.core.params import Param
from toolkit.images.image import Image
from toolkit.images.resizing import enlarged
from toolkit.models import transforms
from toolkit.models.network import Network
from toolkit.models.transforms import Tensor

_TRANSFORMS = {
    "unit": (transforms.rgb_unit, transforms.from_rgb_unit),
    "signed": (transforms.rgb_signed, transforms.from_rgb_signed),
    "bytes": (transforms.rgb_levels, transforms.from_rgb_levels),
}


def _network(params: Params) -> Network:
    path = Path(str(params["file"])).expanduser()
    to_tensor, to_picture = _TRANSFORMS[str(params["levels"])]
    is_rgb = params["order"] == "rgb"

    def before(image: Image) -> Tensor:
        return to_tensor(image if is_rgb else np.ascontiguousarray(image[..., ::-1]))

    def after(output: Tensor, image: Image) -> Image:
        if output.shape[1] != 3:
            raise InvalidValue(f"network {path.name!r} must give 3 channels; got {output.shape[1]}.")
        picture = to_picture(output, image)
        return picture if is_rgb else np.ascontiguousarray(picture[..., ::-1])

    return Network(
        name=path.stem or "onnx_model",
        before=before,
        after=after,
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
            choices=tuple(_TRANSFORMS),
            rebuild=True,
            help="range of input and output: 0..1, -1..1 or 0..255",
        ),
        Param(
            name="order", default="rgb", choices=("rgb", "bgr"), rebuild=True, help="order of the channels"
        ),
        Param(name="scale", default=1, low=1, high=8, rebuild=True, help="output side divided by input side"),
    ),
    network=_network,
    prefer=("onnxruntime", "openvino", "opencv_dnn"),
    output_shape=enlarged,
)
