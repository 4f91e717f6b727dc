"""Parameters, each declared once for validation, sliders, command-line options, sweeps and search."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real

from toolkit.core.errors import UnknownName, invalid, unknown

Value = int | float | str | bool
Pairs = tuple[tuple[str, Value], ...]


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _is_bound(value: object) -> bool:
    return value is None or (isinstance(value, Real) and not isinstance(value, bool) and value == value)


_DECLARED: tuple[tuple[str, str, Callable[[object], bool]], ...] = (
    ("name", "a text", _is_text),
    ("default", "a number, a text, true or false", lambda value: isinstance(value, int | float | str)),
    ("low", "a number", _is_bound),
    ("high", "a number", _is_bound),
    (
        "choices",
        "a tuple of values; a tuple of one value needs a comma: (value,)",
        lambda value: isinstance(value, tuple),
    ),
    ("unit", "a text", _is_text),
    ("scale", "'linear' or 'log'", lambda value: value in ("linear", "log")),
    ("rebuild", "true or false", _is_bool),
    ("keeps_picture", "true or false", _is_bool),
    ("help", "a text", _is_text),
)


@dataclass(frozen=True, kw_only=True)
class Param:
    """The declaration of a parameter: its name, its default and the values that it can have.

    Parameters
    ----------
    name : str
        The name that the runtime, or the paper that describes the operation, gives the parameter.
    default : int, float, str or bool
        The type of the default is the type of the parameter; a float parameter also accepts an int.
    low, high : float, optional
        Least and greatest value of a number, inclusive.
    choices : tuple, optional
        The only values that the parameter may have.
    unit : str
        Unit of the values, such as ``"px"`` or ``"s"``; empty for a pure number.
    scale : {"linear", "log"}
        Whether a slider or a search spaces the parameter's values evenly on a linear or on a logarithmic axis.
    rebuild : bool
        Whether a new value makes the runtime build its compute kernel again; other parameters can change at each call.
    keeps_picture : bool
        Whether the picture is the same for every value, as for the size of the tiles that a network processes.
    help : str
        A line that explains the parameter to users.

    Raises
    ------
    InvalidValue
        An attribute has a wrong type, or the default is not an allowed value.
    """

    name: str
    default: Value
    low: float | None = None
    high: float | None = None
    choices: tuple[Value, ...] = ()
    unit: str = ""
    scale: str = "linear"
    rebuild: bool = False
    keeps_picture: bool = False
    help: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.choices, list):
            object.__setattr__(self, "choices", tuple(self.choices))
        owner = f"parameter {self.name}" if isinstance(self.name, str) else "a parameter"
        for attribute, constraint, is_right in _DECLARED:
            value = getattr(self, attribute)
            if not is_right(value):
                raise invalid(attribute, owner, constraint, value)
        is_number = isinstance(self.default, int | float) and not isinstance(self.default, bool)
        if not is_number and (self.low, self.high) != (None, None):
            raise invalid("low and high", owner, "omitted if the default is not a number", self.default)
        for choice in self.choices:
            self._typed(choice, owner)
        self.check(self.default, owner)

    @property
    def constraint(self) -> str:
        """The values that the parameter can have, in words.

        >>> Param(name="size", default=7, low=2, high=64, unit="px").constraint
        'a whole number in [2, 64] px'
        """
        if self.choices:
            return "one of " + ", ".join(map(value_text, self.choices))
        if isinstance(self.default, bool):
            return "true or false"
        if isinstance(self.default, str):
            # The text form of a trial (an operation with settings) separates values by commas, so no value has a comma.
            return "a text without comma or outer spaces"
        noun = "a whole number" if isinstance(self.default, int) else "a number"
        low = "-inf" if self.low is None else f"{self.low:.12g}"
        high = "inf" if self.high is None else f"{self.high:.12g}"
        return f"{noun} in [{low}, {high}] {self.unit}".rstrip()

    def check(self, value: object, owner: str) -> Value:
        """`value`, checked and converted to the declared type of the parameter.

        Raises
        ------
        InvalidValue
            The value has the wrong type, is NaN, is not one of the choices, or is out of bounds.
        """
        typed = self._typed(value, owner)
        if self.choices and typed not in self.choices:
            raise self._broken(value, owner)
        if isinstance(typed, int | float) and not isinstance(typed, bool):
            low, high = self.low, self.high
            if (low is not None and typed < low) or (high is not None and typed > high):
                raise self._broken(value, owner)
        return typed

    def parse(self, text: str, owner: str) -> Value:
        """Convert a text, from a command line or from the written form of a trial, to a value of this parameter.

        >>> Param(name="size", default=7, low=2, high=64).parse("9", "oil_painting")
        9
        """
        if isinstance(self.default, bool):
            if text.lower() in ("true", "false"):
                return text.lower() == "true"
            raise self._broken(text, owner)
        if isinstance(self.default, str):
            return self.check(text, owner)
        try:
            number: Value = float(text) if isinstance(self.default, float) else int(text)
        except ValueError:
            raise self._broken(text, owner) from None
        return self.check(number, owner)

    def _typed(self, value: object, owner: str) -> Value:
        if isinstance(self.default, bool) or isinstance(value, bool):
            if isinstance(self.default, bool) and isinstance(value, bool):
                return value
        elif isinstance(self.default, str):
            if isinstance(value, str) and "," not in value and value == value.strip():
                return value
        elif isinstance(value, Real):  # true for numpy's scalars, false for numpy's arrays and bool
            try:
                number = float(value)
            except OverflowError:
                number = math.inf
            if math.isfinite(number):
                if isinstance(self.default, float):
                    return number
                if number == value and number.is_integer():
                    return int(number)
        raise self._broken(value, owner)

    def _broken(self, value: object, owner: str) -> Exception:
        hint = f"The default is {value_text(self.default)}."
        return invalid(self.name, owner, self.constraint, value, hint)


@dataclass(frozen=True)
class ShareOfSide:
    """A length relative to the size of a picture; a preset may use such a length as the value of a parameter.

    Parameters
    ----------
    share : float
        Share of the picture's shorter side, such as 0.008.
    """

    share: float

    def __str__(self) -> str:
        return f"{100 * self.share:g} % of the shorter side"


def in_px(length: ShareOfSide, param: Param, size: tuple[int, int] | None) -> Value:
    """Convert a length to px for a picture of `size`, within the bounds of `param`; its default if `size` is None.

    >>> size = Param(name="size", default=7, low=1, high=50, unit="px")
    >>> in_px(ShareOfSide(0.01), size, (600, 400)), in_px(ShareOfSide(0.01), size, None)
    (4, 7)
    """
    if size is None:
        return param.default
    low = -math.inf if param.low is None else param.low
    high = math.inf if param.high is None else param.high
    wanted = min(max(length.share * min(size), low), high)
    return round(wanted) if isinstance(param.default, int) else wanted


def value_text(value: object) -> str:
    """The value of a parameter as text, for tables and commands; `Param.parse` converts the text back.

    >>> [value_text(value) for value in (True, 2.0, 0.1, 7, "area")]
    ['true', '2', '0.1', '7', 'area']
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and float(f"{value:g}") == value:
        return f"{value:g}"
    return str(value)


def pair_text(name: str, value: object) -> str:
    """The text ``name=value``, with the value written by `value_text`."""
    return f"{name}={value_text(value)}"


def resolve(params: tuple[Param, ...], given: Mapping[str, object], owner: str) -> dict[str, Value]:
    """The given or default value of every declared parameter, checked, in the order of declaration.

    Raises
    ------
    UnknownName
        A name in `given` is not the name of a declared parameter.
    InvalidValue
        A value is not allowed by the declaration of its parameter.

    >>> resolve((Param(name="size", default=7, low=2, high=64),), {"size": 9}, "oil_painting")
    {'size': 9}
    """
    declared = [p.name for p in params]
    for name in given:
        if name not in declared:
            if not declared:
                raise UnknownName(f"{owner} takes no parameters; got {name!r}.")
            raise unknown(f"parameter of {owner}", name, declared)
    return {p.name: p.check(given.get(p.name, p.default), owner) for p in params}
