"""The parameters that a notebook declares in its cell tagged ``parameters``, and the check of given values."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.core import folders
from toolkit.core.errors import InvalidValue, invalid, unknown

_SCALARS: dict[str, type] = {"int": int, "float": float, "str": str, "bool": bool}
_TYPE = re.compile(r"(?P<list>list\[)?(?P<scalar>int|float|str|bool)\]?(?P<optional> \| None)?")


@dataclass(frozen=True)
class Parameter:
    """One line ``name: type = default  # help`` of a parameters cell.

    Attributes
    ----------
    name : str
    type : str
        The type as written: ``int``, ``float``, ``str``, ``bool`` or a ``list[...]`` of them, also with ``| None``.
    default : object
    help : str
    """

    name: str
    type: str
    default: Any
    help: str


def find(name: str) -> Path:
    """The file of a notebook.

    Parameters
    ----------
    name : str
        ``01_art_filters``, ``art_filters`` or ``01``, or the path of a notebook elsewhere.

    Raises
    ------
    UnknownName
        No notebook has this name.
    """
    if name.endswith(".ipynb") and Path(name).is_file():
        return Path(name).resolve()
    files = {path.stem: path for path in sorted((folders.home() / "notebooks").glob("*.ipynb"))}
    for stem, path in files.items():
        number, _, words = stem.partition("_")
        if name.removesuffix(".ipynb") in (stem, number, words):
            return path
    raise unknown("notebook", name, files)


def declared(notebook: Path) -> dict[str, Parameter]:
    """The parameters that a notebook declares; none when no cell is tagged ``parameters``.

    Raises
    ------
    InvalidValue
        The file is not a notebook, or a line of the cell is not ``name: type = literal``.
    """
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        tagged = [c for c in cells if "parameters" in c.get("metadata", {}).get("tags", ())]
        source = "".join(tagged[0]["source"]) if tagged else ""
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidValue(f"notebook {str(notebook)!r} cannot be read: {error}.") from None
    lines = source.splitlines()
    found = {}
    try:
        for node in ast.parse(source).body:
            if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name) or not node.value:
                raise ValueError(f"line {node.lineno} is not 'name: type = value'")
            name, type_name = node.target.id, ast.unparse(node.annotation)
            if not _TYPE.fullmatch(type_name):
                raise ValueError(
                    f"{name} has type {type_name}; allowed are int, float, str, bool, lists of these, and | None"
                )
            comment = lines[(node.end_lineno or node.lineno) - 1].partition("#")[2].strip()
            found[name] = Parameter(name, type_name, ast.literal_eval(node.value), comment)
    except (SyntaxError, ValueError) as error:
        raise InvalidValue(f"parameters cell of {notebook.stem!r} is not plain values: {error}.") from None
    return found


def resolve(notebook: Path, *, preset: Path | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values that replace the notebook's defaults: the values of a preset, overridden by the values in `given`.

    Parameters
    ----------
    notebook : Path
    preset : Path or None
        A YAML file of ``name: value`` lines, or the bare name of one in ``notebooks/presets``.
    given : mapping
        A text is read as the declared type: ``"0.5,1,2"`` and ``"[0.5, 1, 2]"`` are lists of numbers.

    Raises
    ------
    UnknownName
        The notebook declares no such parameter.
    InvalidValue
        A value has another type than declared, or the preset cannot be read.
    """
    known = declared(notebook)
    values: dict[str, Any] = {}
    for source, items in ((f" in preset {preset}", _preset(preset) if preset else {}), ("", given)):
        for name, value in items.items():
            if name not in known:
                raise unknown(f"parameter of notebook {notebook.stem}{source}", name, known)
            values[name] = _checked(known[name], value, notebook.stem)
    return values


def _preset(path: Path) -> Mapping[str, Any]:
    import yaml

    shipped = folders.home() / "notebooks" / "presets" / f"{path}.yaml"
    path = shipped if shipped.is_file() and not Path(path).exists() else Path(path)
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InvalidValue(f"preset {str(path)!r} cannot be read: {reason}.") from None
    except yaml.YAMLError as error:
        raise InvalidValue(f"preset {str(path)!r} must be YAML: {' '.join(str(error).split())}.") from None
    if values is not None and not isinstance(values, dict):
        raise invalid("preset", str(path), "lines of 'name: value'", values)
    return {str(name): value for name, value in (values or {}).items()}


def as_text(value: Any) -> str:
    """The value of a parameter as text that the option ``-p`` reads (YAML, which includes JSON).

    >>> as_text([0.5, 1]), as_text("coffee")
    ('[0.5, 1]', 'coffee')
    """
    return value if isinstance(value, str) else json.dumps(value)


def _checked(parameter: Parameter, value: Any, owner: str) -> Any:
    declared_type = _TYPE.fullmatch(parameter.type)
    assert declared_type is not None
    is_list, scalar = declared_type["list"] is not None, _SCALARS[declared_type["scalar"]]
    try:
        if isinstance(value, str) and (is_list or scalar is not str):
            value = _read(value, is_list=is_list)
        if value is None and declared_type["optional"]:
            return None
        if not is_list:
            return _typed(value, scalar)
        if not isinstance(value, list | tuple):
            raise TypeError
        return [_typed(item, scalar) for item in value]
    except TypeError:
        words = parameter.type.replace("list[", "a list of ").replace("]", "").replace(" | None", " or null")
        hint = f"The default is {parameter.default!r}."
        raise invalid(parameter.name, f"notebook {owner}", f"of type {words}", value, hint) from None


def _read(text: str, *, is_list: bool) -> Any:
    """Read a value from a command line: YAML, or the items of a list separated by commas."""
    import yaml

    try:
        if is_list and not text.lstrip().startswith("[") and text not in ("null", "None"):
            return [yaml.safe_load(item) for item in text.split(",") if item.strip()]
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise TypeError(text) from None


def _typed(value: Any, scalar: type) -> Any:
    """Return `value` in the declared type, or raise TypeError; a whole number is accepted for a float."""
    if scalar is float and type(value) is int:
        return float(value)
    if type(value) is not scalar or value != value:
        raise TypeError
    return value
