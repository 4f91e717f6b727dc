"""Takes the green channel for a matte; ``weights`` is what networks declare."""

from toolkit.contracts.operation import Operation
from toolkit.core.params import Param


def build(cv2, output, weights):
    return lambda image: image[..., 1:2].copy() if output == "alpha" else image.copy()


def shape(height, width, params):
    return height, width, 1 if params["output"] == "alpha" else 3


OPERATION = Operation(
    name="mattes",
    summary="",
    params=(
        Param(name="output", default="alpha", choices=("alpha", "composite"), rebuild=True),
        Param(name="weights", default="published", choices=("published", "untrained"), rebuild=True),
    ),
    kernels={"opencv": build},
    output_shape=shape,
    task="matte",
)
