"""CARN and CARN-M (Ahn, Kang & Sohn, ECCV 2018), which differ only in their convolutions and weights."""

from __future__ import annotations

from toolkit.contracts.operation import Operation, Params
from toolkit.images.resizing import scale_param
from toolkit.models import transforms
from toolkit.models.network import Network


def carn(name: str, summary: str, *, light: bool) -> Operation:
    """The operation of super-resolution by CARN or CARN-M; one file of weights serves all three scales.

    Parameters
    ----------
    light : bool
        Whether to build CARN-M, which has grouped convolutions and one set of weights for all residual units of a
        block.
    """

    def network(params: Params) -> Network:
        scale = int(params["scale"])
        return Network(
            name=f"{name}_x{scale}",
            transform=transforms.rgb_unit,
            architecture="carn",
            arguments={"scale": scale, "light": light},
            weights=f"{name}.pth",
            scale=scale,
            halo=21,
            bytes_per_px=dict.fromkeys(("openvino", "onnxruntime", "torch", "opencv_dnn"), 3000 * scale),
        )

    return Operation(
        name=name,
        summary=summary,
        params=(scale_param(2, 3, 4, default=2),),
        network=network,
        task="super-resolution",
        keeps_alpha=True,
    )
