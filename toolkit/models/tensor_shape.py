"""What a graph takes and gives, held against what it declares and we need; the same sentence on every runtime."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import InvalidValue


def written(shape: Sequence[int | None]) -> str:
    """A shape for a sentence.

    >>> written((1, 3, None, None))
    '(1, 3, any, any)'
    """
    return "(" + ", ".join("any" if length is None else str(length) for length in shape) + ")"


def check_shape(name: str, declared: Sequence[int | None], given: Sequence[int]) -> None:
    """Refuse an input that the graph `name` does not declare.

    Parameters
    ----------
    declared : sequence of int or None
        None where any length will do.

    Raises
    ------
    InvalidValue
        A length differs from the declared one.
    """
    if any(fixed not in (None, got) for fixed, got in zip(declared, given, strict=True)):
        comes_last = len(given) == 4 and declared[3] == given[1] != declared[1]
        hint = " Its channels come last (N, H, W, C); export it with (N, C, H, W)." * comes_last
        raise InvalidValue(
            f"model {name} must be given an input {written(declared)}; got {written(given)}.{hint}"
        )


def in_pictures(
    name: str, output: npt.NDArray[np.float32], count: int, size: tuple[int, int] | None
) -> npt.NDArray[np.float32]:
    """The output of the graph `name` as (N, C, H, W): a matte may come as one row of pixels for each picture.

    Parameters
    ----------
    count : int
        How many pictures it is of.
    size : (int, int), optional
        The one height and width of the network's input, where it has one only.

    Raises
    ------
    InvalidValue
        It has another number of axes.

    Examples
    --------
    >>> in_pictures("matte.tflite", np.zeros((2, 12), np.float32), 2, (3, 4)).shape
    (2, 1, 3, 4)
    """
    if output.ndim == 2 and size is not None:
        output = output.reshape(count, -1, *size)
    if output.ndim != 4:
        raise InvalidValue(f"model {name} must have an output (N, C, H, W); got {written(output.shape)}.")
    return output
