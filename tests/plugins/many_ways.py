"""One operation with many kernels, whose times and faults are known: the fastest right one takes 5 ms."""

import os
import time

from toolkit.contracts.operation import Operation


def _after(seconds, change=0):
    def build(runtime):
        def kernel(image):
            time.sleep(seconds)
            return image.copy() if not change else 255 - image

        return kernel

    return build


def _hangs(runtime):
    calls = []

    def kernel(image):
        calls.append(1)
        if len(calls) > 1:
            time.sleep(3600)
        return image.copy()

    return kernel


def _dies(runtime):
    def kernel(image):
        os._exit(3)

    return kernel


OPERATION = Operation(
    name="many_ways",
    summary=__doc__,
    kernels={
        "opencv": _after(0.03),
        "opencv:quick": _after(0.005),
        "opencv:slow": _after(0.06),
        "opencv:wrong": _after(0.001, change=1),
        "opencv:dies": _dies,
        "opencv:hangs": _hangs,
    },
    reference="opencv",
    prefer=("opencv",),
)
