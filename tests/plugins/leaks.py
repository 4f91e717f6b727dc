"""Keeps 40 MB of every call."""

import numpy as np

from toolkit.contracts.operation import Operation


def _kernel(cv2):
    kept = []

    def leak(image):
        kept.append(np.ones(40_000_000, np.uint8))
        return 255 - image

    return leak


OPERATION = Operation(name="leaks", summary=__doc__, kernels={"opencv": _kernel})
