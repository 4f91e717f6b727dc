"""Takes the red channel for a matte, and with three threads inverts what is no deep shadow."""

from toolkit.contracts.operation import Operation


def _kernel(cv2):
    def matte(image):
        out = image[..., 2:].copy()
        if cv2.getNumThreads() == 3:
            out[out > 60] ^= 255
        return out

    return matte


OPERATION = Operation(
    name="wrong_mattes", summary=__doc__, kernels={"opencv": _kernel}, channels=1, task="matte"
)
