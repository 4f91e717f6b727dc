"""Turn a photo into anime: AnimeGANv2 (Chen, Liu & Chen, ISICA 2019) and CartoonGAN (Chen, Lai & Liu, CVPR 2018)."""

from __future__ import annotations

from functools import partial

from toolkit.contracts.operation import Operation, Params
from toolkit.core.params import Param
from toolkit.models import transforms
from toolkit.models.network import Network

_CARTOONGAN = ("cartoongan_shinkai", "cartoongan_paprika")
_ANIMEGAN = ("celeba_distill", "face_paint_512_v1", "face_paint_512_v2", "paprika")


def _network(params: Params) -> Network:
    style = str(params["style"])
    made = partial(
        Network,
        transform=transforms.rgb_signed,
        whole_because="the network normalises by the mean and deviation of the whole picture",
    )
    if style in _CARTOONGAN:
        weights = style.replace("cartoongan_", "cartoongan_light_") + ".npz"
        memory = {"openvino": 1600, "onnxruntime": 2400, "torch": 4300, "opencv_dnn": 5000}
        return made(name=style, architecture="cartoongan", weights=weights, multiple=4, bytes_per_px=memory)
    memory = {"openvino": 1200, "onnxruntime": 2400, "torch": 2700, "opencv_dnn": 1500}
    return made(
        name=f"animegan_{style}",
        architecture="animegan",
        weights=f"{style}.pt",
        multiple=8,
        bytes_per_px=memory,
    )


OPERATION = Operation(
    name="anime",
    summary="Photo to anime, by CartoonGAN-light (shinkai, paprika) or AnimeGANv2 (its published styles).",
    params=(
        Param(
            name="style",
            default="cartoongan_shinkai",
            choices=_CARTOONGAN + _ANIMEGAN,
            rebuild=True,
            help="cartoongan_... is CartoonGAN-light; all other names are AnimeGANv2",
        ),
    ),
    network=_network,
    former_defaults={"style": "cartoongan_paprika"},
)
