"""Raises from its third call on: after the reference was made, inside a block."""

from toolkit.contracts.operation import Operation


def _kernel(cv2):
    calls = []

    def fail(image):
        calls.append(1)
        if len(calls) > 2:
            raise ZeroDivisionError("planted")
        return image.copy()

    return fail


OPERATION = Operation(name="raises", summary=__doc__, kernels={"opencv": _kernel})
