"""Notebooks are stored without outputs, import little, and hold no code that belongs into the package."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from toolkit.apps.report import parameters

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))
MOST_IMPORT_LINES = 5

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def _code_cells(path: Path) -> list[dict[str, Any]]:
    return [
        cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"
    ]


def _trees(path: Path) -> list[ast.Module]:
    return [ast.parse("".join(cell["source"])) for cell in _code_cells(path)]


@each
def test_is_stored_without_outputs(path: Path) -> None:
    for cell in _code_cells(path):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


def test_nbstripout_has_nothing_to_strip() -> None:
    strip = [sys.executable, "-m", "nbstripout", "--dry-run", "--verify", *map(str, NOTEBOOKS)]
    done = subprocess.run(strip, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


@each
def test_defines_nothing(path: Path) -> None:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    assert not [node for tree in _trees(path) for node in ast.walk(tree) if isinstance(node, kinds)]


@each
def test_imports_in_one_cell_and_at_most_five_lines(path: Path) -> None:
    found = [
        [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        for tree in _trees(path)
    ]
    (imports,) = filter(None, found)
    lines = {line for node in imports for line in range(node.lineno, node.end_lineno + 1)}
    assert len(lines) <= MOST_IMPORT_LINES


@each
def test_has_one_cell_of_parameters_typed_and_explained(path: Path) -> None:
    tagged = [cell for cell in _code_cells(path) if "parameters" in cell["metadata"].get("tags", [])]
    assert len(tagged) == 1
    declared = parameters.declared(path)
    assert declared
    assert all(one.help for one in declared.values())
    defaults = {name: one.default for name, one in declared.items()}
    assert parameters.resolve(path, preset=None, given=defaults) == defaults


@each
def test_names_no_kernel_that_only_one_machine_has(path: Path) -> None:
    kernel = json.loads(path.read_text(encoding="utf-8"))["metadata"]["kernelspec"]["name"]
    assert kernel == "python3"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_summarises_its_measurements_once(path: Path) -> None:
    """Tables, plots and sentences take ``collected.rows``; given measurements, each would summarise them again."""
    assert ".measurements" not in "".join("".join(cell["source"]) for cell in _code_cells(path))
