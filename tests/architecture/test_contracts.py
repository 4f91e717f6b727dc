"""The shape of the package: what imports what, what a name is, what listing costs."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit.contracts.backend import BACKENDS
from toolkit.contracts.operation import OPERATIONS
from toolkit.contracts.trial import KEYS

ROOT = Path(__file__).parents[2]
HEAVY = (
    "cv2",
    "torch",
    "numba",
    "onnxruntime",
    "openvino",
    "pandas",
    "matplotlib",
    "scipy",
    "skimage",
    "IPython",
)


def _imported_by(code: str) -> set[str]:
    """Which of the heavy modules a fresh interpreter holds after running `code`."""
    tail = f"\nimport sys; print(*[name for name in {HEAVY!r} + ('numpy',) if name in sys.modules])"
    command = [sys.executable, "-c", code + tail]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    return set(answer.stdout.splitlines()[-1].split())


def test_import_contracts_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    if not program.exists():
        pytest.skip("import-linter is not installed")
    answer = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_importing_the_package_imports_nothing_heavy() -> None:
    assert _imported_by("import toolkit") == set()


def test_listing_imports_no_runtime() -> None:
    code = "import toolkit as tk; assert 'stylization' in tk.OPERATIONS and list(tk.BACKENDS)"
    assert _imported_by(code) <= {"numpy"}


def test_reading_declarations_imports_no_runtime() -> None:
    code = "import toolkit as tk\nfor r in (tk.OPERATIONS, tk.BACKENDS):\n for n in r: r[n]"
    assert _imported_by(code) <= {"numpy"}


def test_help_imports_no_numpy() -> None:
    code = "from toolkit.apps.cli.main import run\ntry: run(['--help'])\nexcept SystemExit: pass"
    assert _imported_by(code) == set()


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_is_named_as_its_file(name: str) -> None:
    source = OPERATIONS.source(name)
    assert OPERATIONS[name].name == name
    assert source is not None
    assert source.stem == name


@pytest.mark.parametrize("name", BACKENDS)
def test_backend_is_named_as_its_file(name: str) -> None:
    source = BACKENDS.source(name)
    assert BACKENDS[name].name == name
    assert source is not None
    assert source.stem == name


@pytest.mark.parametrize("name", OPERATIONS)
def test_parameters_can_be_told_from_keys_and_options(name: str) -> None:
    own = [param.name for param in OPERATIONS[name].params]
    taken = {key.name for key in KEYS} | {"backend", "force", "plugin", "verbose", "quiet", "help", "image"}
    options = {param.name for backend in BACKENDS for param in BACKENDS[backend].options}
    assert len(own) == len(set(own))
    assert not set(own) & (taken | options)


@pytest.mark.parametrize("name", OPERATIONS)
def test_declared_defaults_keep_their_own_bounds(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation.resolve({}) == {param.name: param.default for param in operation.params}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_names_backends_that_exist(name: str) -> None:
    operation = OPERATIONS[name]
    named = {operation.reference, *operation.prefer, *operation.kernels, *operation.size_limits}
    assert named <= set(BACKENDS)


def test_no_file_has_a_name_that_says_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "manager", "common", "misc", "base"}
    assert not {path.stem for path in (ROOT / "toolkit").rglob("*.py")} & vague


def test_only_the_command_line_prints() -> None:
    printing = []
    for path in (ROOT / "toolkit").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                printing.append(path)
    assert {path.parent for path in printing} <= {ROOT / "toolkit" / "apps" / "cli"}


def test_nothing_is_left_for_later() -> None:
    unfinished = re.compile(r"\b(TODO|FIXME|XXX|for now)\b")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in (ROOT / "toolkit").rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if unfinished.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("ops/planted.py", "import torch", "torch is imported by"),
        ("backends/planted.py", "import numba", "numba is imported by"),
        ("core/planted.py", "import toolkit.bench.sweep", "Work flows one way"),
        ("results/planted.py", "import toolkit.ops.stylization", "Results can be read"),
        ("ops/planted.py", "import toolkit.ops.stylization", "Plug-ins do not know each other"),
    ],
)
def test_a_planted_violation_breaks_its_contract(file: str, line: str, contract: str, tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("lint-imports")
    if not program.exists():
        pytest.skip("import-linter is not installed")
    shutil.copytree(ROOT / "toolkit", tmp_path / "toolkit", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "toolkit" / file).write_text(f"{line}\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    answer = subprocess.run(
        [program, "--no-cache"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
    )
    assert answer.returncode == 1
    assert any(contract in said and "BROKEN" in said for said in answer.stdout.splitlines())
