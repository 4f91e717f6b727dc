"""Which files of the toolkit a piece of work depends on, found by following imports; nothing is imported for it."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]

# Modules of the core that no pixel depends on: contracts, bookkeeping, errors. What is not named here counts.
_NO_PIXELS = frozenset(
    "backend child_process compiled_cache errors files folders image "
    "machine measurement operation params photos probes published registry "
    "run tolerance trial versions weights".split()
)


def digests(files: Iterable[Path]) -> list[str]:
    """SHA-256 of the files and of all that they import from the toolkit, directly or not; sorted, hex digits.

    An import counts wherever it stands, but for those that only type checkers follow. A file that looks operations up
    by their names depends on all of them. Modules of the core that no pixel depends on are left out.

    Parameters
    ----------
    files : iterable of Path
        Python files, of the toolkit or not.
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
            waiting += _files_of(name)
    return sorted(found.values())


@cache
def _imported(content: bytes) -> tuple[str, ...]:
    """Dotted names that a source may import from the toolkit."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):  # being edited at this moment: its own digest tells that it changed
        return ()
    return tuple(name for name in _names(tree) if name.startswith("toolkit."))


def _names(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if (
            isinstance(child, ast.If)
            and isinstance(child.test, ast.Name)
            and child.test.id == "TYPE_CHECKING"
        ):
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield child.module
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        yield from _names(child)


def _files_of(name: str) -> list[Path]:
    if name == "toolkit.core.operation.OPERATIONS":
        return sorted((_PACKAGE / "ops").glob("*.py"))
    parts = name.split(".")[1:]
    if parts[0] in ("core", "images", "machine", "models", "contracts") and parts[-1] in _NO_PIXELS:
        return []
    file = _PACKAGE.joinpath(*parts).with_suffix(".py")
    return [file] if file.is_file() else []
