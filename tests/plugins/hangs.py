"""Never answers its third call."""

import time

from toolkit.contracts.operation import Operation


def _kernel(cv2):
    calls = []

    def hang(image):
        calls.append(1)
        if len(calls) > 2:
            time.sleep(3600)
        return image.copy()

    return hang


OPERATION = Operation(name="hangs", summary=__doc__, kernels={"opencv": _kernel})
