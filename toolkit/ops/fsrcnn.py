"""FSRCNN (Dong, Loy & Tang, ECCV 2016): a small super-resolution network for the luma."""

from __future__ import annotations

from toolkit.contracts.operation import Operation, Params
from toolkit.core.params import Param
from toolkit.images.resizing import scale_param
from toolkit.models import transforms
from toolkit.models.network import Network


def _network(params: Params) -> Network:
    scale, small = int(params["scale"]), bool(params["small"])
    file = f"FSRCNN{'-small' if small else ''}_x{scale}.pb"
    return Network(
        name=file.removesuffix(".pb").lower(),
        transform=transforms.luma,
        architecture="fsrcnn",
        arguments={"scale": scale, "small": small},
        weights=file,
        graphs={"pb": file},
        scale=scale,
        halo=3 if small else 6,
        bytes_per_px={"openvino": 700, "onnxruntime": 700, "torch": 600, "opencv_dnn": 700},
    )


OPERATION = Operation(
    name="fsrcnn",
    summary="Super-resolution of the luma by FSRCNN (Dong et al. 2016).",
    params=(
        scale_param(2, 3, 4, default=3),
        Param(
            name="small", default=False, rebuild=True, help="use FSRCNN-s, with 5 feature maps instead of 12"
        ),
    ),
    network=_network,
    task="super-resolution",
    keeps_alpha=True,
)
