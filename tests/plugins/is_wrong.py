"""Right in the reference's process, off by ten levels in a corner with three threads: a planted wrong kernel."""

from toolkit.contracts.operation import Operation


def _kernel(cv2):
    def copy(image):
        out = image.copy()
        if cv2.getNumThreads() == 3:
            out[:8, :8] ^= 10
        return out

    return copy


OPERATION = Operation(name="is_wrong", summary=__doc__, kernels={"opencv": _kernel})
