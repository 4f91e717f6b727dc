"""An operation that asks for more memory than any machine has."""

import numpy as np

from toolkit.contracts.operation import Operation


def _opencv(cv2):
    return lambda image: np.ones((1 << 30, 1 << 20), np.uint8)


OPERATION = Operation(name="needs_too_much", summary="Needs a pebibyte.", kernels={"opencv": _opencv})
