"""Takes 300 ms the first time and 5 ms after that."""

import time

from toolkit.contracts.operation import Operation


def _kernel(cv2):
    waits_s = [0.3]

    def sleep(image):
        time.sleep(waits_s.pop() if waits_s else 0.005)
        return image.copy()

    return sleep


OPERATION = Operation(name="first_is_slow", summary=__doc__, kernels={"opencv": _kernel})
