"""Portrait matting: how much of each pixel belongs to the person, as a matte, a cutout or a composite."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from toolkit.contracts.operation import Operation, Params
from toolkit.core.errors import invalid
from toolkit.core.params import Param
from toolkit.images.image import Image
from toolkit.models import transforms
from toolkit.models.network import Network
from toolkit.models.transforms import Tensor

_SIDE_PX = 256
# Converts a BGR picture to RGB values in -128..127.
_SIGNED_BYTES = transforms.Levels(mean=(128.0, 128.0, 128.0))
_CHANNELS = {"alpha": 1, "cutout": 4, "composite": 3}


def _network(params: Params) -> Network:
    portrait = _Portrait(params, background=_colour(params["background"]))
    made = partial(
        Network,
        transform=portrait,
        size=(_SIDE_PX, _SIDE_PX),
        whole_because="the network's input has one fixed size",
    )
    if params["model"] == "unet":  # Ronneberger et al., MICCAI 2015
        return made(name="unet", architecture="unet_matting")
    if params["model"] == "selfie":
        graphs = {"tflite": "selfie_segmentation_256_f16.tflite"}
        refused = {"openvino": "OpenVINO cannot read the operator Convolution2DTransposeBias"}
        return made(name="selfie", graphs=graphs, reference="opencv_dnn", refused_by=refused)
    if params["model"] == "prisma":
        return made(name="prisma", graphs={"onnx": "prisma_nchw.onnx"}, reference="onnxruntime")
    no_opencv = {"opencv_dnn": "OpenCV cannot read the operator TRANSPOSE_CONV"}
    tflite = partial(made, reference="openvino", refused_by=no_opencv)
    quantised = tflite(
        name="prisma_int8",
        transform=replace(portrait, is_signed_bytes=True),
        graphs={"tflite": "prisma_quant.tflite"},
    )
    return tflite(name="prisma_tflite", graphs={"tflite": "prisma-net.tflite"}, quantised=quantised)


@dataclass(frozen=True)
class _Portrait:
    """Converts a portrait to a network's input of fixed size, and the network's matte to the output `params` choose.

    Attributes
    ----------
    params : mapping
        Values of the operation's parameters.
    background : (int, int, int)
        Background colour of a composite: B, G and R, 0..255.
    is_signed_bytes : bool
        Whether the graph takes and gives whole numbers -128..127, where other graphs take and give 0..1.
    """

    params: Params
    background: tuple[int, int, int]
    is_signed_bytes: bool = False

    def __call__(self, image: Image) -> Tensor:
        import cv2

        levels = _SIGNED_BYTES if self.is_signed_bytes else transforms.rgb_unit
        return levels(cv2.resize(image, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_LINEAR))

    def picture(self, output: Tensor, image: Image) -> Image:
        import cv2

        if self.is_signed_bytes:
            output = (output + np.float32(128)) / np.float32(256)
        alpha = _alpha(output, image, self.params)
        if self.params["output"] == "cutout":
            return cv2.merge([*cv2.split(image), alpha])
        if self.params["output"] == "composite":
            return _over(image, alpha, self.background)
        return alpha[..., None]


def _alpha(output: Tensor, image: Image, params: Params) -> Image:
    """The matte at the picture's own size, uint8 (H, W), with floor, threshold, erosion and feathering applied."""
    import cv2

    small = np.clip(output, 0, 1).reshape(_SIDE_PX, _SIDE_PX)
    whole = cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    alpha = cv2.convertScaleAbs(whole, alpha=255)  # convertScaleAbs rounds to whole levels
    if params["alpha_floor"]:
        _, alpha = cv2.threshold(alpha, params["alpha_floor"] - 1, 255, cv2.THRESH_TOZERO)
    if params["alpha_threshold"]:
        _, alpha = cv2.threshold(alpha, 255 * params["alpha_threshold"], 255, cv2.THRESH_BINARY)
    if params["erode"]:
        side = 2 * int(params["erode"]) + 1
        alpha = cv2.erode(alpha, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    if params["feather"]:
        alpha = cv2.GaussianBlur(alpha, (0, 0), params["feather"], borderType=cv2.BORDER_REPLICATE)
    return np.asarray(alpha, np.uint8)


def _over(image: Image, alpha: Image, background: tuple[int, int, int]) -> Image:
    """The picture composited over a colour: the operator "over" of Porter & Duff (1984)."""
    import cv2

    planes = []
    for plane, level in zip(cv2.split(image), background, strict=True):
        behind = ((255 - np.arange(256)) * (level / 255)).astype(np.float32)
        front = cv2.multiply(plane, alpha, scale=1 / 255, dtype=cv2.CV_32F)
        planes.append(cv2.add(front, cv2.LUT(alpha, behind), dtype=cv2.CV_8U))
    return cv2.merge(planes)


def _colour(text: object) -> tuple[int, int, int]:
    """Levels of B, G and R, 0..255, of a colour by its CSS name or as #rrggbb."""
    from PIL import ImageColor

    try:
        red, green, blue = ImageColor.getrgb(str(text))[:3]
    except ValueError:
        raise invalid("background", "matting", "a colour by its CSS name or as #rrggbb", text) from None
    return blue, green, red


def _shape(height: int, width: int, params: Params) -> tuple[int, int, int]:
    return height, width, _CHANNELS[str(params["output"])]


OPERATION = Operation(
    name="matting",
    summary="Alpha matte of a portrait (PrismaNet, selfie segmentation, U-Net), its cutout, or a composite.",
    params=(
        Param(
            name="model",
            default="selfie",
            choices=("selfie", "prisma", "prisma_tflite", "unet"),
            rebuild=True,
            help="the network that computes the matte; no weights are published for unet",
        ),
        Param(
            name="alpha_floor",
            default=0,
            low=0,
            high=255,
            help="alpha below this level (of 255) becomes 0, all other alpha stays; a level of 0 changes nothing",
        ),
        Param(
            name="alpha_threshold",
            default=0.0,
            low=0.0,
            high=1.0,
            help="alpha above this threshold becomes 1, all other alpha 0; a threshold of 0 changes nothing",
        ),
        Param(
            name="erode",
            default=0,
            low=0,
            high=100,
            unit="px",
            help="distance by which the edge of the matte moves inwards",
        ),
        Param(
            name="feather",
            default=0.0,
            low=0.0,
            high=100.0,
            unit="px",
            help="sigma of the Gaussian that blurs the matte's edge",
        ),
        Param(
            name="background", default="white", help="background colour of a composite: a CSS name or #rrggbb"
        ),
        Param(
            name="output",
            default="cutout",
            choices=tuple(_CHANNELS),
            help="alpha: the matte, grey; cutout: BGRA; composite: BGR over the background",
        ),
    ),
    network=_network,
    output_shape=_shape,
    task="matte",
    former_defaults={"model": "prisma", "output": "alpha"},
    presets={
        "id_photo": {"output": "composite", "alpha_floor": 15, "erode": 2},
        "matte": {"output": "alpha"},
        "product": {"output": "cutout", "feather": 1.0},
        "avatar": {"output": "composite", "background": "#d6e4f0", "alpha_floor": 8, "erode": 1},
    },
)
