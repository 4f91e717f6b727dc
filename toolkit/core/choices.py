"""Words that users choose from. Each word is a str: JSON, SQLite and comparisons with plain text work as they are."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from toolkit.core.errors import invalid


class Choice(StrEnum):
    """A fixed set of words; a member prints as its text, in tuples and signatures too."""

    def __repr__(self) -> str:
        return repr(self.value)

    @classmethod
    def check(cls, value: object, name: str, owner: str) -> Self:
        """The member that `value` names.

        Raises
        ------
        InvalidValue
            No member has this text.

        >>> Precision.check("int8", "precision", "a placement")
        'int8'
        """
        if value not in list(cls):
            raise invalid(name, owner, "one of " + ", ".join(filter(None, cls)), value)
        return cls(str(value))


class Device(Choice):
    """Where a runtime computes."""

    CPU = "cpu"
    CUDA = "cuda"


class Precision(Choice):
    """Arithmetic of a network; filters have `FP32` only."""

    FP32 = "fp32"
    BF16 = "bf16"
    FP16 = "fp16"
    INT8 = "int8"
