"""Convert values to the type that a parameters cell declares, such as ``list[float]`` or ``Optional[int]``."""

from __future__ import annotations

import ast
from typing import Any

_SCALARS: dict[str, type] = {"int": int, "float": float, "str": str, "bool": bool}
_LISTS = frozenset({"list", "List", "tuple", "Tuple", "set", "Sequence", "Iterable"})
_MAPPINGS = frozenset({"dict", "Dict", "Mapping"})


def of_default(default: Any) -> str:
    """The type of a parameter without a declared type, taken from its default; a number as default allows any number.

    >>> of_default(0.5), of_default(["a"]), of_default(None)
    ('int | float', 'list', 'Any')
    """
    if isinstance(default, bool | str):
        return type(default).__name__
    if isinstance(default, int | float):
        return "int | float"
    if isinstance(default, list | tuple | set):
        return "list"
    return "dict" if isinstance(default, dict) else "Any"


def words(annotation: str) -> str:
    """Write a type in words, for error messages.

    >>> words("list[float]"), words("Optional[int]"), words("list")
    ('a list of float', 'int or null', 'a list')
    """
    return " or ".join(_word(one) for one in _choices(_parsed(annotation)))


def convert(value: Any, annotation: str) -> Any:
    """Convert a value to a declared type; a text is parsed as a value on a command line.

    Raises
    ------
    TypeError
        The value cannot be converted to the declared type.

    >>> convert("0.5,1", "list[float]"), convert("null", "Optional[int]"), convert("2", "str")
    ([0.5, 1.0], None, '2')
    """
    choices = _choices(_parsed(annotation))
    if isinstance(value, str):
        kinds = {_kind(one) for one in choices}
        if "null" in kinds and value in ("null", "None"):
            return None
        if "str" not in kinds:
            value = _read(value, is_list=bool(kinds & _LISTS))
    return _first_fit(value, choices)


def fits(value: Any, annotation: str) -> bool:
    """Whether a value that Python code assigns has a declared type; a text is not parsed as another type.

    >>> fits([0.5, 1], "list[float]"), fits("0.5", "list[float]"), fits(None, "float | None")
    (True, False, True)
    """
    try:
        _first_fit(value, _choices(_parsed(annotation)))
    except TypeError:
        return False
    return True


def _parsed(annotation: str) -> ast.expr:
    return ast.parse(annotation or "Any", mode="eval").body


def _choices(node: ast.expr) -> list[ast.expr]:
    """The types of a union, ``a | b``, ``Union[a, b]`` or ``Optional[a]``; a list of one for any other type."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [*_choices(node.left), *_choices(node.right)]
    if isinstance(node, ast.Subscript) and _kind(node) in ("Optional", "Union"):
        inner = [one for part in _inner(node) for one in _choices(part)]
        return inner if _kind(node) == "Union" else [*inner, ast.Constant(None)]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _choices(_parsed(node.value))
    return [node]


def _kind(node: ast.expr) -> str:
    """The name of a type without its part in brackets; ``null`` for None."""
    if isinstance(node, ast.Subscript):
        return _kind(node.value)
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Constant):
        return "null" if node.value is None else str(node.value)
    return node.id if isinstance(node, ast.Name) else ast.unparse(node)


def _inner(node: ast.expr) -> list[ast.expr]:
    if not isinstance(node, ast.Subscript):
        return []
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


def _word(node: ast.expr) -> str:
    kind, inner = _kind(node), [words(ast.unparse(part)) for part in _inner(node)]
    if kind in _LISTS:
        return " of ".join(["a list", *inner[:1]])
    if kind in _MAPPINGS:
        return "a mapping"
    return {"Any": "any type"}.get(kind, kind)


def _fitted(value: Any, node: ast.expr) -> Any:
    """Convert a value to a type that is not a union; a type unknown to this module accepts every value."""
    kind, inner = _kind(node), [_choices(part) for part in _inner(node)]
    if kind == "null":
        is_right = value is None
    elif kind in _SCALARS:
        return _scalar(value, _SCALARS[kind])
    elif kind in _LISTS:
        is_right = isinstance(value, list | tuple | set)
        if is_right:
            return [_first_fit(item, inner[0]) if inner else item for item in value]
    elif kind in _MAPPINGS:
        is_right = isinstance(value, dict)
        if is_right and len(inner) == 2:
            return {_first_fit(key, inner[0]): _first_fit(item, inner[1]) for key, item in value.items()}
    else:
        is_right = True
    if not is_right:
        raise TypeError
    return value


def _first_fit(value: Any, choices: list[ast.expr]) -> Any:
    for choice in choices:
        try:
            return _fitted(value, choice)
        except TypeError:
            continue
    raise TypeError


def _scalar(value: Any, scalar: type) -> Any:
    """Check a single value: a whole number is accepted as a float, and NaN is an error."""
    if scalar is float and type(value) is int:
        return float(value)
    if type(value) is not scalar or value != value:
        raise TypeError
    return value


def _read(text: str, *, is_list: bool) -> Any:
    """Parse a value from a command line: YAML, or the items of a list separated by commas."""
    import yaml

    try:
        if is_list and not text.lstrip().startswith("["):
            return [yaml.safe_load(item) for item in text.split(",") if item.strip()]
        return None if text == "None" else yaml.safe_load(text)
    except yaml.YAMLError:
        raise TypeError(text) from None
