"""Find the files of the toolkit on which a Python file depends, from import statements, without importing anything."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def digests(
    files: Iterable[Path], *, folders: Collection[str], looked_up: Mapping[str, Iterable[Path]] | None = None
) -> list[str]:
    """SHA-256 of `files` and of all modules that these files import, directly or not, from folders of the toolkit.

    Imports inside functions are followed too; imports under ``if TYPE_CHECKING`` are not followed.

    Parameters
    ----------
    files : iterable of Path
        Paths of Python files inside or outside the toolkit.
    folders : collection of str
        Folders of the toolkit whose modules are included, such as ``"images"``.
    looked_up : mapping of dotted name to paths, optional
        Further files that are included for each file that imports the dotted name. A registry finds modules by their
        names, so no import statement shows that a user of the registry depends on these modules.

    Returns
    -------
    list of str
        One SHA-256 in hex digits for each file, sorted.
    """
    found: dict[Path, str] = {}
    waiting = [*files]
    while waiting:
        file = waiting.pop().resolve()
        if file in found:
            continue
        content = file.read_bytes()
        found[file] = hashlib.sha256(content).hexdigest()
        for name in _imported(content):
            waiting += (looked_up or {}).get(name, ())
            waiting += _module(name, folders)
    return sorted(found.values())


@cache
def _imported(content: bytes) -> tuple[str, ...]:
    """Dotted names of modules and objects that a Python source may import from the toolkit."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        # A file that is being edited may not parse: its imports are skipped, and the digest of its text changes anyway.
        return ()
    return tuple(name for name in _names(tree) if name.startswith("toolkit."))


def _names(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                continue
            case ast.Import():
                yield from (alias.name for alias in child.names)
            case ast.ImportFrom(module=str(module)):
                yield module
                yield from (f"{module}.{alias.name}" for alias in child.names)
        yield from _names(child)


def _module(name: str, folders: Collection[str]) -> list[Path]:
    parts = name.split(".")[1:]
    file = _PACKAGE.joinpath(*parts).with_suffix(".py")
    return [file] if parts[0] in folders and file.is_file() else []
