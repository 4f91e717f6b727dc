"""Read the parameters that a notebook declares in its cell tagged ``parameters``, and check given values."""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.apps.report import annotations
from toolkit.core import folders
from toolkit.core.errors import InvalidValue, UnknownName, invalid, unknown

_SHIPPED = Path(__file__).with_name("notebooks")


@dataclass(frozen=True)
class Parameter:
    """One assignment of a parameters cell, as Papermill reads it: ``name: type = default  # help``.

    Attributes
    ----------
    name : str
        Name of the parameter.
    type : str
        The type as written after the name or in a comment ``# type: ...``; for a name without a type, the type of its
        default (see `toolkit.apps.report.annotations.of_default`).
    default : object
        The default value; for an expression such as ``Path("a")``, the text of the expression.
    help : str
        The comment after the assignment, which says what the parameter means.
    """

    name: str
    type: str
    default: Any
    help: str


def find(name: str) -> Path:
    """Find the file of a notebook: in the current folder, in ``notebooks`` of the data folder, or in this package.

    Parameters
    ----------
    name : str
        The path of a notebook, with or without ``.ipynb``, or a name: ``01_art_filters``, ``art_filters`` or ``01``.
        A notebook in a folder has the names ``cases/1_art_workshop``, ``1_art_workshop`` and ``art_workshop``.

    Raises
    ------
    UnknownName
        No notebook has this name.
    """
    for path in (Path(name), Path(f"{name}.ipynb")):
        if path.suffix == ".ipynb" and path.is_file():
            return path.resolve()
    files = {
        path.relative_to(folder).with_suffix("").as_posix(): path
        for folder in _folders()
        for path in sorted(folder.glob("*.ipynb")) + sorted(folder.glob("*/*.ipynb"))
    }
    for known, path in files.items():
        number, _, words = path.stem.partition("_")
        names = (known, path.stem, words) if "/" in known else (known, number, words)
        if name.removesuffix(".ipynb") in names:
            return path
    raise unknown("notebook", name, files)


def is_named(notebook: Path) -> bool:
    """Whether a notebook is in this package or in the data folder, where `find` finds it by name."""
    folders_of = {folder.resolve() for folder in _folders()}
    file = notebook.resolve()  # the notebooks of a checkout are found through a link
    return not folders_of.isdisjoint((file.parent, file.parent.parent))


def find_preset(name: str | Path) -> Path:
    """Find the file of a preset in the current folder or in ``notebooks/presets``; the file may not exist."""
    for folder in (Path(), *(folder / "presets" for folder in reversed(_folders()))):
        for path in (folder / name, folder / f"{name}.yaml"):
            if path.is_file():
                return path.resolve()
    return Path(name)


def name_of_preset(file: Path) -> str:
    """The name by which `find_preset` finds a preset that comes with this package; ``""`` for any other file."""
    folder = (_SHIPPED / "presets").resolve()
    is_shipped = file.suffix == ".yaml" and file.is_relative_to(folder)
    return file.relative_to(folder).with_suffix("").as_posix() if is_shipped else ""


def _folders() -> list[Path]:
    """Folders with notebooks; a notebook in a later folder replaces a notebook with the same name."""
    return [_SHIPPED, folders.home() / "notebooks"]


def declared(notebook: Path) -> dict[str, Parameter]:
    """The parameters that a notebook declares; empty if no cell is tagged ``parameters``.

    As in Papermill, the cell with the parameters may have other code, such as imports.

    Raises
    ------
    InvalidValue
        The file is not a notebook, or the cell with the parameters is not Python.
    """
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        tagged = [c for c in cells if "parameters" in c.get("metadata", {}).get("tags", ())]
        source = "".join(tagged[0]["source"]) if tagged else ""
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidValue(f"notebook {str(notebook)!r} cannot be read: {error}.") from None
    # Commands of Jupyter are not Python, so they become comments of the same length, which keeps all positions.
    lines = [f"#{line[1:]}" if line.lstrip()[:1] in ("%", "!") else line for line in source.splitlines()]
    try:
        return {one.name: one for one in _assigned("\n".join(lines))}
    except (SyntaxError, ValueError) as error:
        raise InvalidValue(f"parameters cell of notebook {notebook.stem!r} is not Python: {error}.") from None


def _assigned(source: str) -> Iterator[Parameter]:
    """Yield a Parameter for each name to which the source assigns a value."""
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        # The module ast counts columns in bytes of UTF-8, so the line is cut as bytes.
        after = lines[(node.end_lineno or node.lineno) - 1].encode()[node.end_col_offset :].decode()
        written, comment = _type_and_help(after.partition("#")[2].strip())
        targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
        if isinstance(node, ast.AnnAssign):
            written = ast.unparse(node.annotation)
        try:
            default = ast.literal_eval(node.value)
            type_name = written or annotations.of_default(default)
        except ValueError:
            default, type_name = ast.unparse(node.value), written or "Any"
        for target in targets:
            if isinstance(target, ast.Name):
                yield Parameter(target.id, type_name, default, comment)


def _type_and_help(comment: str) -> tuple[str, str]:
    """Split a comment ``type: list[int] how many`` into the type and the help text."""
    words = comment.removeprefix("type:").split() if comment.startswith("type:") else []
    for count in range(1, len(words) + 1):
        try:
            ast.parse(" ".join(words[:count]), mode="eval")
        except SyntaxError:
            continue
        return " ".join(words[:count]), " ".join(words[count:])
    return "", comment


def resolve(notebook: Path, *, preset: Path | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values that replace the notebook's defaults: the values of a preset, overridden by the values in `given`.

    Parameters
    ----------
    notebook : Path
        File of the notebook.
    preset : Path or None
        A YAML file of ``name: value`` lines, or the name of such a file in ``notebooks/presets``.
    given : mapping
        Values of parameters by name; a text is parsed as the declared type: ``"0.5,1,2"`` and ``"[0.5, 1, 2]"``
        are lists of numbers.

    Raises
    ------
    UnknownName
        A given name is not the name of a parameter of the notebook.
    InvalidValue
        A value has another type than the notebook declares, or the preset cannot be read.
    """
    known = declared(notebook)
    if given and not known:
        raise UnknownName(
            f"notebook {notebook.stem} has no cell with the tag 'parameters', so it has no parameters; "
            f"got {next(iter(given))!r}."
        )
    values: dict[str, Any] = {}
    for source, items in ((f" in preset {preset}", _preset(preset) if preset else {}), ("", given)):
        for name, value in items.items():
            if name not in known:
                raise unknown(f"parameter of notebook {notebook.stem}{source}", name, known)
            values[name] = _checked(known[name], value, notebook.stem)
    values = {name: _from_here(value) for name, value in values.items()}
    for name, value in values.items():
        _refuse_other_than_text(name, value, notebook)
    return values


def _refuse_other_than_text(name: str, value: Any, notebook: Path) -> None:
    """Raise an error for a file name that is not UTF-8, because a notebook cannot store such a name."""
    try:
        json.dumps(value, default=str, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        hint = "Rename the file, or a folder in its path."
        raise invalid(name, f"notebook {notebook.stem}", "a text in UTF-8", value, hint) from None


def _from_here(value: Any) -> Any:
    """Replace names of existing files in a value or list by absolute paths, because the notebook may change folder."""
    if isinstance(value, list):
        return [_from_here(item) for item in value]
    is_file = isinstance(value, str) and Path(value).suffix and os.path.isfile(value)
    return os.path.abspath(value) if is_file else value


def _preset(path: Path) -> Mapping[str, Any]:
    import yaml

    path = find_preset(path)
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "the file is not UTF-8 text"
        raise InvalidValue(f"preset {str(path)!r} cannot be read: {reason}.") from None
    except yaml.YAMLError as error:
        raise InvalidValue(f"preset {str(path)!r} must be YAML: {' '.join(str(error).split())}.") from None
    if values is not None and not isinstance(values, dict):
        raise invalid("preset", str(path), "lines of 'name: value'", values)
    return {str(name): value for name, value in (values or {}).items()}


def as_text(value: Any) -> str:
    """Write the value of a parameter as text for the option ``-p`` (YAML, which includes JSON).

    >>> as_text([0.5, 1]), as_text("coffee")
    ('[0.5, 1]', 'coffee')
    """
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _checked(parameter: Parameter, value: Any, owner: str) -> Any:
    try:
        return annotations.convert(value, parameter.type)
    except TypeError:
        hint = f"The default is {parameter.default!r}."
        words = annotations.words(parameter.type)
        raise invalid(parameter.name, f"notebook {owner}", f"of type {words}", value, hint) from None
