"""Several styles of one picture in one call, by default all four; Numba computes steps that styles share only once."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from toolkit.contracts.operation import OPERATIONS, Kernel, Operation, Params
from toolkit.core.errors import unknown
from toolkit.core.params import Param, Value
from toolkit.images.image import Image
from toolkit.ops._domain_transform import PENCIL_TOLERANCES

_STYLES = ("pencil_sketch", "color_pencil", "oil_painting", "stylization")


def _names(styles: Value) -> list[str]:
    names = list(dict.fromkeys(str(styles).split("+")))
    for name in names:
        if name not in _STYLES:
            raise unknown("style", name, _STYLES)
    return names


def _shape(height: int, width: int, params: Params) -> tuple[int, int, int]:
    return height * len(_names(params["styles"])), width, 3


def _limit(height: int, width: int, params: Params) -> str:
    operations = (OPERATIONS[name] for name in _names(params["styles"]))
    reasons = (op.wrong_because("opencv", height, width, op.resolve({})) for op in operations)
    return next(filter(None, reasons), "")


def _one_by_one(backend: str, runtime: Any, styles: str) -> Kernel:
    """Run each style by its own kernel, because NumPy and OpenCV share no steps among styles."""
    operations = [OPERATIONS[name] for name in _names(styles)]
    kernels = [partial(op.kernels[backend](runtime), **op.resolve({})) for op in operations]

    def draw(image: Image) -> Image:
        return np.concatenate([kernel(image) for kernel in kernels])

    return draw


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
    summary="Several styles of a picture, one below the other, with default parameters; by default all four.",
    params=(
        Param(name="styles", default="+".join(_STYLES), rebuild=True, help="names of styles, joined by +"),
    ),
    kernels={
        "numpy": partial(_one_by_one, "numpy"),
        "opencv": partial(_one_by_one, "opencv"),
        "numba": _numba,
    },
    reference="numpy",
    prefer=("numba", "opencv"),
    size_limits={"opencv": _limit},
    output_shape=_shape,
    tolerances=PENCIL_TOLERANCES,
)
