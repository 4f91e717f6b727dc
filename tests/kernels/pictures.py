"""Pictures, styles and parameters for the tests of kernels."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from toolkit.contracts.backend import BACKENDS
from toolkit.contracts.operation import OPERATIONS
from toolkit.images.image import Image
from toolkit.images.photos import photo

STYLES = tuple("stylization edge_preserving pencil_sketch color_pencil detail_enhance oil_painting".split())
FOUR_STYLES = tuple(str(OPERATIONS["styles"].resolve({})["styles"]).split("+"))


def _kernels(backend: str) -> dict[str, Callable[..., Image]]:
    """Every style on a backend, called with a picture and with those parameters that differ from their defaults."""
    runtime = importlib.import_module(BACKENDS[backend].module)

    def of(style: str) -> Callable[..., Image]:
        operation = OPERATIONS[style]
        kernel = operation.kernels[backend](runtime)

        def run(image: Image, *, out: Image | None = None, **given: Any) -> Image:
            params = operation.resolve(given)
            return kernel(image, **params) if out is None else kernel(image, out=out, **params)

        return run

    return {style: of(style) for style in STYLES}


KERNELS, REFERENCES, OPENCV = _kernels("numba"), _kernels("numpy"), _kernels("opencv")

# Style and parameters: at the defaults and at both ends.
CASES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("stylization", {}),
    ("stylization", {"sigma_s": 1, "sigma_r": 0.01}),
    ("stylization", {"sigma_s": 200, "sigma_r": 1.0}),
    ("stylization", {"sigma_s": 200, "sigma_r": 0.01}),
    ("edge_preserving", {"preset": "opencv"}),
    ("edge_preserving", {"sigma_s": 1, "sigma_r": 0.01}),
    ("edge_preserving", {"sigma_s": 200, "sigma_r": 1.0}),
    ("edge_preserving", {"flags": "NORMCONV_FILTER", "preset": "opencv"}),
    ("edge_preserving", {"flags": "NORMCONV_FILTER", "sigma_s": 1, "sigma_r": 0.01}),
    ("edge_preserving", {"flags": "NORMCONV_FILTER", "sigma_s": 200, "sigma_r": 1.0}),
    ("pencil_sketch", {"preset": "opencv"}),
    ("pencil_sketch", {"tone": "color", "preset": "opencv"}),
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


def levels_apart(a: Image, b: Image) -> np.ndarray:
    """Largest difference of the channels of each pixel, grey levels."""
    return np.abs(a.astype(np.int16) - b.astype(np.int16)).max(axis=2)


def assert_agrees_with_reference(ours: Image, reference: Image) -> None:
    apart = levels_apart(ours, reference)
    assert np.mean(apart > 1) <= 1e-4
    assert np.abs(ours.astype(np.int16) - reference.astype(np.int16)).mean() < 0.01
