"""Enumerations of words from which users choose, such as device names; each word is a ``str``, as JSON needs."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from toolkit.core.errors import invalid


class Choice(StrEnum):
    """A fixed set of words; the ``repr`` of a word is the ``repr`` of its text, so that messages show the text."""

    def __repr__(self) -> str:
        return repr(self.value)

    @classmethod
    def check(cls, value: object, name: str, owner: str) -> Self:
        """The word of this enumeration that equals `value`.

        Raises
        ------
        InvalidValue
            `value` is not a word of this enumeration.

        >>> Precision.check("int8", "precision", "a placement")
        'int8'
        """
        if value not in list(cls):
            raise invalid(name, owner, "one of " + ", ".join(filter(None, cls)), value)
        return cls(str(value))


class Device(Choice):
    """The kind of processor on which a runtime computes."""

    CPU = "cpu"
    CUDA = "cuda"


class Precision(Choice):
    """The number format in which a neural network computes; filters, which have no network, use `FP32`."""

    FP32 = "fp32"
    BF16 = "bf16"
    FP16 = "fp16"
    INT8 = "int8"
