"""Several styles of one picture at once, by default the four-style job; what they share is computed once."""

from __future__ import annotations

from typing import Any

import numpy as np

from toolkit.contracts.operation import OPERATIONS, Kernel, Operation, Params, float32_index_limit
from toolkit.contracts.tolerance import Tolerance
from toolkit.core.errors import unknown
from toolkit.core.params import Param, Value
from toolkit.images.image import Image

_STYLES = ("pencil_sketch", "color_pencil", "oil_painting", "stylization")
_stylization_limit = float32_index_limit("cv2.stylization")


def _names(styles: Value) -> list[str]:
    names = list(dict.fromkeys(str(styles).split("+")))
    for name in names:
        if name not in _STYLES:
            raise unknown("style", name, _STYLES)
    return names


def _shape(height: int, width: int, params: Params) -> tuple[int, int, int]:
    return height * len(_names(params["styles"])), width, 3


def _limit(height: int, width: int, params: Params) -> str:
    return _stylization_limit(height, width, params) if "stylization" in _names(params["styles"]) else ""


def _one_by_one(backend: str, runtime: Any, styles: str) -> Kernel:
    """Each style by its own kernel: nothing is shared."""
    kernels = []
    for name in _names(styles):
        op = OPERATIONS[name]
        kernel, defaults = op.kernels[backend](runtime), op.resolve({})
        kernels.append(lambda image, kernel=kernel, defaults=defaults: kernel(image, **defaults))

    def draw(image: Image) -> Image:
        return np.concatenate([kernel(image) for kernel in kernels])

    return draw


def _opencv(cv2: Any, styles: str) -> Kernel:
    return _one_by_one("opencv", cv2, styles)


def _numpy(numpy: Any, styles: str) -> Kernel:
    return _one_by_one("numpy", numpy, styles)


def _numba(_numba: Any, styles: str) -> Kernel:
    from toolkit.kernels.numba.styles_together import apply_styles

    params = {name: OPERATIONS[name].resolve({}) for name in _names(styles)}

    def draw(image: Image) -> Image:
        height, width = image.shape[:2]
        sheet = np.empty((len(params) * height, width, 3), np.uint8)
        rows = {name: sheet[i * height : (i + 1) * height] for i, name in enumerate(params)}
        apply_styles(image, params, out=rows)
        return sheet

    return draw


OPERATION = Operation(
    name="styles",
    summary="Several styles one below the other, each at its defaults; by default the four-style job.",
    params=(Param(name="styles", default="+".join(_STYLES), rebuild=True, help="names joined by +"),),
    kernels={"numpy": _numpy, "opencv": _opencv, "numba": _numba},
    reference="numpy",
    prefer=("numba", "opencv"),
    size_limits={"opencv": _limit},
    output_shape=_shape,
    tolerances={"opencv": Tolerance(share=0.998, mean=0.1)},  # as its pencil styles
)
