"""LapSRN (Lai et al., CVPR 2017): super-resolution of the luma, which doubles its size level by level."""

from __future__ import annotations

from toolkit.contracts.operation import Operation, Params
from toolkit.images.resizing import scale_param
from toolkit.models import transforms
from toolkit.models.network import Network


def _network(params: Params) -> Network:
    scale = int(params["scale"])
    return Network(
        name=f"lapsrn_x{scale}",
        transform=transforms.luma,
        graphs={"pb": f"LapSRN_x{scale}.pb"},
        scale=scale,
        whole_because="OpenCV's dnn_superres runs the network's graph on whole pictures only",
        reference="opencv_dnn",
    )


OPERATION = Operation(
    name="lapsrn",
    summary="Super-resolution of the luma by LapSRN (Lai et al. 2017), through OpenCV's dnn_superres only.",
    params=(scale_param(2, 4, default=2),),
    network=_network,
    prefer=("opencv_dnn",),
    task="super-resolution",
    keeps_alpha=True,
)
