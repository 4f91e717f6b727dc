"""What a graph's input may be, held against what it is given; the same sentence on every runtime."""

from __future__ import annotations

from collections.abc import Sequence

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
        raise InvalidValue(f"model {name} must be given an input {written(declared)}; got {written(given)}.")
