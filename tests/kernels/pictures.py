"""Pictures and styles that the kernels' tests go through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from toolkit.images.image import Image
from toolkit.images.photos import photo
from toolkit.kernels import reference
from toolkit.kernels.numba.color_pencil import color_pencil
from toolkit.kernels.numba.detail_enhance import detail_enhance
from toolkit.kernels.numba.edge_preserving import edge_preserving
from toolkit.kernels.numba.oil_painting import oil_painting
from toolkit.kernels.numba.pencil_sketch import pencil_sketch
from toolkit.kernels.numba.stylization import stylization

KERNELS: dict[str, Callable[..., Image]] = {
    "stylization": stylization,
    "edge_preserving": edge_preserving,
    "pencil_sketch": pencil_sketch,
    "color_pencil": color_pencil,
    "detail_enhance": detail_enhance,
    "oil_painting": oil_painting,
}
REFERENCES: dict[str, Callable[..., Image]] = {name: getattr(reference, name) for name in KERNELS}

# Style and parameters: at the defaults and at both ends.
CASES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("stylization", {}),
    ("stylization", {"sigma_s": 1, "sigma_r": 0.01}),
    ("stylization", {"sigma_s": 200, "sigma_r": 1.0}),
    ("stylization", {"sigma_s": 200, "sigma_r": 0.01}),
    ("edge_preserving", {}),
    ("edge_preserving", {"sigma_s": 1, "sigma_r": 0.01}),
    ("edge_preserving", {"sigma_s": 200, "sigma_r": 1.0}),
    ("edge_preserving", {"flags": "NORMCONV_FILTER"}),
    ("edge_preserving", {"flags": "NORMCONV_FILTER", "sigma_s": 1, "sigma_r": 0.01}),
    ("edge_preserving", {"flags": "NORMCONV_FILTER", "sigma_s": 200, "sigma_r": 1.0}),
    ("pencil_sketch", {}),
    ("pencil_sketch", {"tone": "color"}),
    ("pencil_sketch", {"tone": "color", "sigma_s": 200, "sigma_r": 1.0, "shade_factor": 0.001}),
    ("pencil_sketch", {"tone": "grey", "sigma_s": 1, "sigma_r": 0.01, "shade_factor": 0.1}),
    ("color_pencil", {}),
    ("color_pencil", {"sigma_s": 1, "sigma_r": 1.0, "blend": 1.0}),
    ("color_pencil", {"shade_factor": 0.0, "blend": 0.5}),
    ("detail_enhance", {}),
    ("detail_enhance", {"sigma_s": 1, "sigma_r": 0.01}),
    ("detail_enhance", {"sigma_s": 200, "sigma_r": 1.0}),
    ("oil_painting", {}),
    ("oil_painting", {"size": 1, "dynRatio": 1}),
    ("oil_painting", {"size": 8, "dynRatio": 20}),
    ("oil_painting", {"size": 50, "dynRatio": 127}),
)
IDS = tuple("-".join([name, *(f"{key}={value}" for key, value in params.items())]) for name, params in CASES)


def made_pictures() -> dict[str, Image]:
    """Flat, noisy, black, saturated, striped, tiny and one-pixel-wide pictures, uint8 BGR."""
    rng = np.random.default_rng(4)

    def noise(height: int, width: int) -> Image:
        return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)

    stripes = np.zeros((130, 107, 3), np.uint8)
    stripes[:, ::2], stripes[::8], stripes[40:] = 255, (0, 0, 255), (200, 90, 10)
    return {
        "flat": np.full((133, 147, 3), (90, 128, 201), np.uint8),
        "black": np.zeros((120, 131, 3), np.uint8),
        "saturated": np.full((120, 131, 3), 255, np.uint8),
        "stripes": stripes,
        "noise": noise(131, 97),
        "one pixel": noise(1, 1),
        "one row": noise(1, 70),
        "one column": noise(70, 1),
        "2 x 3": noise(2, 3),
        "17 x 31": noise(17, 31),
    }


def photographs() -> dict[str, Image]:
    """Cuts of odd size out of sample photos."""
    return {name: np.ascontiguousarray(photo(name)[40:291, 60:361]) for name in ("astronaut", "coffee")}


def opencv(style: str, image: Image, params: dict[str, Any]) -> Image:
    """The same style by OpenCV, at our defaults where `params` names none."""
    if style == "stylization":
        given = {"sigma_s": 60, "sigma_r": 0.45} | params
        return cv2.stylization(image, **given)
    if style == "edge_preserving":
        given = {"flags": "RECURS_FILTER", "sigma_s": 60, "sigma_r": 0.4} | params
        return cv2.edgePreservingFilter(image, **(given | {"flags": getattr(cv2, given["flags"])}))
    if style == "pencil_sketch":
        given = {"tone": "grey", "sigma_s": 60, "sigma_r": 0.07, "shade_factor": 0.02} | params
        tone = given.pop("tone")
        grey, color = cv2.pencilSketch(image, **given)
        return color if tone == "color" else np.repeat(grey[:, :, None], 3, axis=2)
    if style == "color_pencil":
        given = {"sigma_s": 40, "sigma_r": 0.1, "shade_factor": 0.1, "blend": 0.7} | params
        blend = given.pop("blend")
        return cv2.addWeighted(cv2.pencilSketch(image, **given)[1], blend, image, 1 - blend, 0)
    if style == "detail_enhance":
        return cv2.detailEnhance(image, **({"sigma_s": 10, "sigma_r": 0.15} | params))
    given = {"size": 7, "dynRatio": 8} | params
    return cv2.xphoto.oilPainting(image, given["size"], given["dynRatio"])
