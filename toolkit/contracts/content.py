"""Find output pictures that show nothing of their input, even if all backends give the same empty picture."""

from __future__ import annotations

import numpy as np

from toolkit.contracts.operation import Operation, Params
from toolkit.core.errors import EmptyPicture
from toolkit.images.image import Image

_LEAST_PIXELS = 64  # a smaller output is not examined, because a tiny picture may well have one colour
_LEAST_DEVIATION = 10.0  # least standard deviation, in grey levels, of an input that shows something
_FEW_SIDE_PX = 32  # number of rows and of columns that are examined first, before the whole output
_SAME_LEVELS = 2  # largest difference, in grey levels, within a constant channel, and of a black value from 0
_NEARLY_ALL = 0.99  # an output counts as empty if at least this share of its values is black or white
_MANY = 0.5  # an input of which this share is black (or white) may give a nearly black (white) output


def require_content(op: Operation, params: Params, image: Image, output: Image) -> None:
    """Raise `EmptyPicture` if the output shows nothing of the input."""
    missing = missing_content(op, params, image, output)
    if missing:
        raise EmptyPicture(missing)


def missing_content(op: Operation, params: Params, image: Image, output: Image) -> str:
    """A sentence that says why an output shows nothing of its input; ``""`` if the output shows something.

    Mattes and outputs of random weights are not examined: a matte is constant if the picture shows no person, and
    random weights give noise. If the input is dark or blank, a dark or blank output counts as right. At an end of a
    parameter's range, a filter may give a constant picture. Only outputs of networks are examined for black and
    white: a filter may leave white paper, but a network whose output is 0..1 instead of the declared 0..255 gives a
    black picture.

    Parameters
    ----------
    image : ndarray, uint8 (H, W, 3)
        The input picture of the operation.
    output : ndarray, uint8 (H', W', C)
        The output of the operation for that input.
    """
    network = op.network_of(params)
    if op.task == "matte" or (network is not None and not network.is_trained):
        return ""
    if output.shape[0] * output.shape[1] < _LEAST_PIXELS:
        return ""
    if network is not None:
        said = _clipped(image, output) or _constant(output)
    else:
        said = "" if _is_at_an_end(op, params) else _constant(output)
    # The deviation is computed within each channel: a picture of one colour shows nothing, although channels differ.
    if not said or float(np.std(image, axis=(0, 1)).max()) < _LEAST_DEVIATION:
        return ""
    hint = ""
    if "output_levels" in params:
        hint = " If the network's output has another range than its input, give this range, such as output_levels=unit."
    return f"the output of {op.name} must show the input; got {said}.{hint}"


def _is_at_an_end(op: Operation, params: Params) -> bool:
    """Whether a parameter has the least or the greatest value of its range, and this value is not the default."""
    return any(params[p.name] in (p.low, p.high) and params[p.name] != p.default for p in op.params)


def _constant(output: Image) -> str:
    # A few pixels are compared first: they nearly always differ, and comparing all pixels takes longer than many
    # filters run.
    few = max(1, min(output.shape[:2]) // _FEW_SIDE_PX)
    if _varies(output[::few, ::few]) or _varies(output):
        return ""
    flat = output.reshape(-1, output.shape[2])
    return f"one value everywhere ({', '.join(str(value) for value in flat[0])})"


def _varies(output: Image) -> bool:
    flat = output.reshape(-1, output.shape[2])
    return bool((flat.max(axis=0) - flat.min(axis=0)).max() > _SAME_LEVELS)


def _clipped(image: Image, output: Image) -> str:
    """A text if nearly all values of an output are black or white although those of the input are not; else ``""``.

    Black pixels of the input may stay black in an output that is otherwise white, because 0 is 0 in every range of
    levels.
    """
    black, white = _ends(output)
    if black + white < _NEARLY_ALL:
        return ""
    black_before, white_before = _ends(image)
    if black_before + white_before >= _MANY:
        return ""
    slack = 1 - _NEARLY_ALL
    if white <= white_before + slack:
        return f"an output with {black:.1%} black values from an input with {black_before:.1%}"
    if black <= black_before + slack:
        return f"an output with {white:.1%} white values from an input with {white_before:.1%}"
    return ""


def _ends(picture: Image) -> tuple[float, float]:
    """The share of a picture's values that are black, and the share that are white, with a tolerance of 2 levels."""
    black = np.count_nonzero(picture <= _SAME_LEVELS) / picture.size
    return black, np.count_nonzero(picture >= 255 - _SAME_LEVELS) / picture.size
