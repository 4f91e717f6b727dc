"""ESPCN (Shi et al., CVPR 2016): super-resolution of the luma by sub-pixel convolution."""

from __future__ import annotations

from toolkit.contracts.operation import Operation, Params
from toolkit.images.resizing import scale_param
from toolkit.models import transforms
from toolkit.models.network import Network


def _network(params: Params) -> Network:
    scale = int(params["scale"])
    file = f"ESPCN_x{scale}.pb"
    return Network(
        name=f"espcn_x{scale}",
        transform=transforms.luma,
        architecture="espcn",
        arguments={"scale": scale},
        weights=file,
        graphs={"pb": file},
        scale=scale,
        halo=4,
        bytes_per_px={"openvino": 800, "onnxruntime": 800, "torch": 800, "opencv_dnn": 800},
    )


OPERATION = Operation(
    name="espcn",
    summary="Super-resolution of the luma by ESPCN (Shi et al. 2016).",
    params=(scale_param(2, 3, 4, default=3),),
    network=_network,
    task="super-resolution",
    keeps_alpha=True,
)
