"""Takes 5 ms a call, whatever the picture."""

import time

from toolkit.contracts.operation import Operation


def _kernel(cv2):
    def sleep(image):
        time.sleep(0.005)
        return image.copy()

    return sleep


OPERATION = Operation(name="sleeps", summary=__doc__, kernels={"opencv": _kernel})
