"""Dies on its third call as if the kernel had killed it."""

import os
import signal

from toolkit.contracts.operation import Operation


def _kernel(cv2):
    calls = []

    def die(image):
        calls.append(1)
        if len(calls) > 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return image.copy()

    return die


OPERATION = Operation(name="kills_itself", summary=__doc__, kernels={"opencv": _kernel})
