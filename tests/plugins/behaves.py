"""A plug-in that does what the first pixel of its picture asks for, so that a test chooses what happens to an item."""

import os
import time

import numpy as np

import toolkit as tk

INVERT, SLEEP, DIE, RAISE, THREADS = 0, 1, 2, 3, 4


def _opencv(cv2):
    threads = int(os.environ.get("OMP_NUM_THREADS", "0"))

    def behave(image, seconds):
        asked = int(image[0, 0, 0])
        if asked == SLEEP:
            time.sleep(seconds)
        elif asked == DIE:
            os._exit(7)
        elif asked == RAISE:
            raise ValueError("the picture asks for an error")
        output = 255 - image
        output[0, 0] = threads if asked == THREADS else image[0, 0]
        return np.ascontiguousarray(output)

    return behave


OPERATION = tk.Operation(
    name="behaves",
    summary="Does what the first pixel asks for.",
    params=(tk.Param(name="seconds", default=30.0, low=0.0, high=100.0, unit="s", help="of a sleep"),),
    kernels={"opencv": _opencv},
)
