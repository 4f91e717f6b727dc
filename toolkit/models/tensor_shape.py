"""Check a graph's declared input, its given input and its output, with equal error messages for every runtime."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import InvalidValue


def written(shape: Sequence[int | None]) -> str:
    """A shape as text, for error messages.

    >>> written((1, 3, None, None))
    '(1, 3, any, any)'
    """
    return "(" + ", ".join("any" if length is None else str(length) for length in shape) + ")"


def only_input(name: str, shapes: Sequence[Sequence[int | None]]) -> tuple[int | None, ...]:
    """The declared shape of the one input of the graph `name`.

    Parameters
    ----------
    shapes : sequence of sequences of int or None
        The shapes of all inputs of the graph; None stands for an axis of any length.

    Raises
    ------
    InvalidValue
        The graph has no or several inputs, or its input has not four axes.
    """
    if len(shapes) != 1 or len(shapes[0]) != 4:
        got = ", ".join(map(written, shapes)) or "none"
        raise InvalidValue(f"model {name} must have one float32 input (N, C, H, W); got {got}.")
    return tuple(shapes[0])


def check_shape(name: str, declared: Sequence[int | None], given: Sequence[int]) -> None:
    """Refuse an input whose shape the graph `name` does not accept.

    Parameters
    ----------
    declared : sequence of int or None
        The input shape that the graph declares; None stands for an axis of any length.
    given : sequence of int
        The shape of the input that the graph is given.

    Raises
    ------
    InvalidValue
        The length of an axis differs from the declared length.
    """
    if any(fixed not in (None, got) for fixed, got in zip(declared, given, strict=True)):
        hint = ""
        if len(given) == 4 and declared[3] == given[1] != declared[1]:
            hint = " The model's channels come last (N, H, W, C); export the model with (N, C, H, W)."
        raise InvalidValue(
            f"model {name} must be given an input {written(declared)}; got {written(given)}.{hint}"
        )


def in_pictures(
    name: str, output: object, count: int, size: tuple[int, int] | None
) -> npt.NDArray[np.float32]:
    """The output of the graph `name` as (N, C, H, W); a graph may return each matte as one row of all its pixels.

    Parameters
    ----------
    output : object
        The output that the runtime returned.
    count : int
        Number of pictures in the batch.
    size : (int, int), optional
        Height and width of the network's input, if it has a fixed size.

    Raises
    ------
    InvalidValue
        The output is not a float32 array, or has not four axes.

    Examples
    --------
    >>> in_pictures("matte.tflite", np.zeros((2, 12), np.float32), 2, (3, 4)).shape
    (2, 1, 3, 4)
    """
    if isinstance(output, np.ndarray) and output.ndim == 2 and size is not None:
        output = output.reshape(count, -1, *size)
    if not isinstance(output, np.ndarray) or output.dtype != np.float32 or output.ndim != 4:
        got = type(output).__name__
        if isinstance(output, np.ndarray):
            got = f"{output.dtype} {written(output.shape)}"
        raise InvalidValue(f"model {name} must have a float32 output (N, C, H, W); got {got}.")
    return output
