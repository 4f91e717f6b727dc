"""EDSR (Lim et al., CVPR workshops 2017): residual super-resolution without batch normalisation, in two model sizes."""

from __future__ import annotations

from functools import partial

from toolkit.contracts.operation import Operation, Params
from toolkit.core.errors import InvalidValue
from toolkit.core.params import Param
from toolkit.images.resizing import scale_param
from toolkit.models import transforms
from toolkit.models.network import Network

_BLOCKS, _MOBILE_BLOCKS = 32, 5


def _network(params: Params) -> Network:
    scale = int(params["scale"])
    if params["model"] == "edsr":
        return _edsr(scale)
    if scale != 2:
        raise InvalidValue(f"'scale' of edsr must be 2 if 'model' is mobile; got {scale}.")
    return _mobile()


def _edsr(scale: int) -> Network:
    """The large EDSR model, as published for OpenCV: 32 blocks of 256 filters."""
    file = f"EDSR_x{scale}.pb"
    return Network(
        name=f"edsr_x{scale}",
        transform=transforms.bgr_centred,
        architecture="edsr",
        arguments={"scale": scale},
        weights=file,
        graphs={"pb": file},
        scale=scale,
        halo=2 * _BLOCKS + 3,
        bytes_per_px={"openvino": 4000 * scale, "onnxruntime": 4000 * scale, "torch": 6000 * scale},
        calibration_px=96,  # a calibration of int8 with photos of 256 px would need 19 GB of memory
    )


def _mobile() -> Network:
    """The small EDSR model of a mobile benchmark: 5 blocks of 64 filters, also published in an 8-bit version."""
    memory = {"openvino": 1000, "onnxruntime": 1000, "torch": 1900, "opencv_dnn": 1300}
    halo = 2 * _MOBILE_BLOCKS + 3
    mobile = partial(Network, transform=transforms.rgb_levels, scale=2, halo=halo, bytes_per_px=memory)
    quantised = mobile(
        name="edsr_mobile_x2_uint8",
        graphs={"tflite": "f64b5_uint8.tflite"},
        refused_by={"opencv_dnn": "OpenCV cannot read the operator DEPTH_TO_SPACE"},
    )
    file = "f64b5_fp32.tflite"
    return mobile(
        name="edsr_mobile_x2",
        architecture="edsr",
        arguments={"scale": 2, "blocks": _MOBILE_BLOCKS, "filters": 64, "residual_scale": 1.0},
        weights=file,
        graphs={"tflite": file},
        quantised=quantised,
    )


OPERATION = Operation(
    name="edsr",
    summary="Super-resolution by EDSR (Lim et al. 2017): OpenCV's large model, or a small mobile model (x2).",
    params=(
        Param(
            name="model",
            default="edsr",
            choices=("edsr", "mobile"),
            rebuild=True,
            help="edsr: 32 blocks of 256 filters; mobile: 5 blocks of 64 filters, scale 2 only",
        ),
        scale_param(2, 3, 4, default=2),
    ),
    network=_network,
    task="super-resolution",
    keeps_alpha=True,
)
