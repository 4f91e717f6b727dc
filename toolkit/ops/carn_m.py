"""CARN-M (Ahn, Kang & Sohn, ECCV 2018): CARN for mobile use, with grouped convolutions and shared weights."""

from __future__ import annotations

from toolkit.core import transforms
from toolkit.core.enlarge import enlarged, scale_param
from toolkit.core.loaded_network import NETWORK_PARAMS
from toolkit.core.network import Network
from toolkit.core.operation import Operation, Params


def _network(params: Params) -> Network:
    scale = int(params["scale"])
    return Network(
        name=f"carn_m_x{scale}",
        before=transforms.rgb_unit,
        after=transforms.from_rgb_unit,
        architecture="carn",
        arguments={"scale": scale, "light": True},
        weights="carn_m.pth",
        scale=scale,
        halo=21,
    )


OPERATION = Operation(
    name="carn_m",
    summary="Super-resolution by CARN-M, the light one (Ahn et al. 2018).",
    params=(
        scale_param(2, 3, 4, default=2),
        *NETWORK_PARAMS,
    ),
    network=_network,
    prefer=("openvino", "onnxruntime", "torch", "opencv_dnn"),
    output_shape=enlarged,
    task="super-resolution",
)
