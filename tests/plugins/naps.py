"""Takes as long as it is told, or kills its own process."""

import os
import signal
import time

from toolkit.contracts.operation import Operation
from toolkit.core.params import Param


def _kernel(cv2):
    def nap(image, seconds, dies):
        if dies:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(seconds)
        return 255 - image

    return nap


OPERATION = Operation(
    name="naps",
    summary=__doc__,
    params=(
        Param(name="seconds", default=0.05, low=0.0, high=60.0, unit="s", help="how long it sleeps"),
        Param(name="dies", default=False, help="whether it kills its process"),
    ),
    kernels={"opencv": _kernel},
)
