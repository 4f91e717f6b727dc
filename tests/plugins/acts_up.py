"""Inverts a picture, and does what a tuner must survive: it raises, dies, compiles, or needs a runtime nobody has."""

import os
import signal

import numpy as np

import toolkit as tk


def _invert(runtime):
    def invert(image, level, fault):
        if fault == "raises":
            raise ArithmeticError("planted")
        if fault == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        return np.clip(255.0 - image - level, 0, 255).astype(np.uint8)

    return invert


def _compiled(runtime):
    import numba

    darker = numba.njit(lambda image, level: np.clip(255.0 - image - level, 0, 255).astype(np.uint8))
    return lambda image, level, fault: darker(image, level)


OPERATION = tk.Operation(
    name="acts_up",
    summary=__doc__,
    params=(
        tk.Param(name="level", default=7, low=0, high=100, help="how much darker"),
        tk.Param(name="fault", default="none", choices=("none", "raises", "dies"), help="what goes wrong"),
    ),
    kernels={"opencv": _invert, "numba": _compiled, "needs_nothing_you_have": _invert},
)
