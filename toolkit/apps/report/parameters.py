"""The notebooks and the values they may be given: read from the cell tagged ``parameters``, before anything runs."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.core import folders
from toolkit.core.errors import InvalidValue, invalid, unknown

_SCALARS: dict[str, type] = {"int": int, "float": float, "str": str, "bool": bool}


@dataclass(frozen=True)
class Parameter:
    """One line ``name: type = default  # help`` of a parameters cell.

    Attributes
    ----------
    name : str
    type : str
        As written: ``int``, ``float``, ``str``, ``bool``, ``list[...]`` of one of them, or one of these ``| None``.
    default : object
    help : str
    """

    name: str
    type: str
    default: Any
    help: str


def names() -> list[str]:
    """Notebooks of the checkout, in order: file names without ``.ipynb``."""
    return sorted(path.stem for path in (folders.home() / "notebooks").glob("*.ipynb"))


def find(name: str) -> Path:
    """The file of a notebook.

    Parameters
    ----------
    name : str
        ``01_art_filters``, its words or its number alone, or the path of a notebook of one's own.

    Raises
    ------
    UnknownName
        No notebook has this name.
    """
    if name.endswith(".ipynb") and Path(name).is_file():
        return Path(name).resolve()
    known = names()
    for stem in known:
        number, _, words = stem.partition("_")
        if name.removesuffix(".ipynb") in (stem, number, words):
            return folders.home() / "notebooks" / f"{stem}.ipynb"
    raise unknown("notebook", name, known)


def declared(notebook: Path) -> dict[str, Parameter]:
    """The parameters that a notebook declares; none when no cell is tagged ``parameters``.

    Raises
    ------
    InvalidValue
        Not a notebook, or a line of the cell is not ``name: type = literal``.
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
            _, _, comment = lines[(node.end_lineno or node.lineno) - 1].partition("#")
            found[node.target.id] = Parameter(
                node.target.id, ast.unparse(node.annotation), ast.literal_eval(node.value), comment.strip()
            )
    except (SyntaxError, ValueError) as error:
        raise InvalidValue(
            f"parameters cell of notebook {notebook.stem!r} is not plain values: {error}."
        ) from None
    return found


def resolve(notebook: Path, *, preset: Path | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values that differ from the notebook's own: a preset's, overridden by those given by name.

    Parameters
    ----------
    notebook : Path
    preset : Path or None
        A YAML file of ``name: value`` lines; the bare name of one in ``notebooks/presets`` does too.
    given : mapping
        A text is read as the declared type: ``"0.5,1,2"`` and ``"[0.5, 1, 2]"`` are lists of numbers.

    Raises
    ------
    UnknownName
        The notebook declares no such parameter.
    InvalidValue
        A value of another type, or a preset that cannot be read.
    """
    known = declared(notebook)
    values: dict[str, Any] = {}
    for source, items in ((f"preset {preset}", _preset(preset) if preset else {}), ("", given)):
        for name, value in items.items():
            if name not in known:
                raise unknown(
                    f"parameter of notebook {notebook.stem}" + (f" in {source}" if source else ""),
                    name,
                    known,
                )
            values[name] = _checked(known[name], value, notebook.stem)
    return values


def _preset(path: Path) -> Mapping[str, Any]:
    import yaml

    path = Path(path)
    shipped = folders.home() / "notebooks" / "presets"
    if not path.exists() and (shipped / f"{path}.yaml").is_file():
        path = shipped / f"{path}.yaml"
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


def _checked(parameter: Parameter, value: Any, owner: str) -> Any:
    annotation = ast.parse(parameter.type, mode="eval").body
    try:
        if isinstance(value, str) and not _admits_text(annotation):
            value = _read(value, annotation)
        return _typed(value, annotation)
    except TypeError:
        words = parameter.type.replace("list[", "a list of ").replace("]", "").replace(" | None", " or null")
        raise invalid(
            parameter.name,
            f"notebook {owner}",
            f"of type {words}",
            value,
            f"The default is {parameter.default!r}.",
        ) from None


def _admits_text(annotation: ast.expr) -> bool:
    if isinstance(annotation, ast.BinOp):
        return _admits_text(annotation.left) or _admits_text(annotation.right)
    return isinstance(annotation, ast.Name) and annotation.id == "str"


def _read(text: str, annotation: ast.expr) -> Any:
    """A value as it is typed on a command line: YAML, and commas between the items of a list."""
    import yaml

    is_list = any(isinstance(part, ast.Subscript) for part in ast.walk(annotation))
    try:
        if is_list and not text.lstrip().startswith("[") and text not in ("null", "None"):
            return [yaml.safe_load(item) for item in text.split(",") if item.strip()]
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise TypeError(text) from None


def _typed(value: Any, annotation: ast.expr) -> Any:
    """`value` in the annotated type; TypeError when it does not fit. A whole number does where a float is declared."""
    if isinstance(annotation, ast.BinOp):
        if value is None:
            return None
        left_is_none = isinstance(annotation.left, ast.Constant)
        return _typed(value, annotation.right if left_is_none else annotation.left)
    if isinstance(annotation, ast.Subscript):
        if not isinstance(value, list | tuple):
            raise TypeError(value)
        return [_typed(item, annotation.slice) for item in value]
    wanted = _SCALARS[ast.unparse(annotation)]
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not wanted or value != value:
        raise TypeError(value)
    return value
