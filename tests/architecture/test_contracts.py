"""The shape of the package: what imports what, what a name is, what listing costs."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from toolkit.contracts.backend import BACKENDS
from toolkit.contracts.operation import OPERATIONS
from toolkit.contracts.trial_keys import KEYS

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
    taken = {*KEYS} | {"backend", "force", "plugin", "verbose", "quiet", "help", "image"}
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
    named = {operation.reference, *operation.prefer, *operation.kernels, *operation.size_limits} - {""}
    assert {entry.partition(":")[0] for entry in named} <= set(BACKENDS)


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


# One violation of each import contract: the file that is planted, and what it imports.
PLANTED = {
    "A folder imports only from the storeys below it": ("core/planted.py", "toolkit.bench.sweep"),
    "Inside results": ("results/store/planted.py", "toolkit.results.tables.layout"),
    "Inside workers": ("workers/planted.py", "toolkit.workers.crew"),
    "Inside models": ("models/planted_layer.py", "toolkit.models.onnx_files"),
    "torch is imported by": ("ops/planted_torch.py", "torch"),
    "numba is imported by": ("backends/planted.py", "numba"),
    "onnxruntime is imported by": ("models/planted.py", "onnxruntime"),
    "openvino is imported by": ("bench/planted.py", "openvino"),
    "ipywidgets and anywidget are imported": ("studies/planted.py", "anywidget"),
    "dask is imported by": ("studies/planted_cluster.py", "distributed"),
    "fastapi, uvicorn and prometheus_client": ("studies/planted_service.py", "fastapi"),
    "celery, kombu and redis are imported": ("bench/planted_queue.py", "celery"),
    "aiohttp is imported by": ("apps/cli/planted_load.py", "aiohttp"),
    "papermill and nbconvert are imported by": ("apps/cli/planted.py", "papermill"),
    "optuna is imported by": ("studies/planted_search.py", "optuna"),
    "Results can be read": ("results/rows/planted.py", "toolkit.ops.stylization"),
    "Plug-ins do not know each other": ("ops/planted.py", "toolkit.ops.stylization"),
    "Apps do not know each other": ("apps/report/planted.py", "toolkit.apps.schedule"),
}


@pytest.fixture(scope="module")
def lint_of_violations(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says of a copy of the package in which every contract is violated once."""
    program = Path(sys.executable).with_name("lint-imports")
    if not program.exists():
        pytest.skip("import-linter is not installed")
    folder = tmp_path_factory.mktemp("violations")
    shutil.copytree(ROOT / "toolkit", folder / "toolkit", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "toolkit" / "planted").mkdir()  # a folder on no storey
    (folder / "toolkit" / "planted" / "__init__.py").touch()
    for file, imported in PLANTED.values():
        (folder / "toolkit" / file).write_text(f"import {imported}\n")
    answer = subprocess.run(
        [program, "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "500"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert answer.returncode == 1
    return answer.stdout


def test_every_contract_has_a_planted_violation() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    names = [contract["name"] for contract in settings["tool"]["importlinter"]["contracts"]]
    assert sorted(names) == sorted(
        next(name for name in names if name.startswith(start)) for start in PLANTED
    )


@pytest.mark.parametrize("contract", PLANTED)
def test_a_planted_violation_breaks_its_contract(contract: str, lint_of_violations: str) -> None:
    file, _ = PLANTED[contract]
    said = lint_of_violations.splitlines()
    assert any(line.startswith(contract) and "BROKEN" in line for line in said)
    assert "toolkit." + file.removesuffix(".py").replace("/", ".") in lint_of_violations


def test_a_folder_on_no_storey_is_caught(lint_of_violations: str) -> None:
    assert "- toolkit.planted" in lint_of_violations


def test_the_results_need_no_runtime() -> None:
    """A report can be drawn on a machine that has none of the runtimes installed."""
    code = """
import importlib, pkgutil, sys
for name in ("cv2", "torch", "numba", "onnxruntime", "openvino"):
    sys.modules[name] = None  # importing it fails
import toolkit.analysis, toolkit.results
for package in (toolkit.analysis, toolkit.results):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60, check=True)


def test_no_text_names_a_module() -> None:
    """A module path in a string hides an import: only registries and programs started with ``-m`` are named so."""
    registries = {"toolkit.ops", "toolkit.backends", "toolkit.workers.executors"}
    programs = {
        f"toolkit.{name}"
        for name in (
            "workers.worker",
            "workers.slot_process",
            "workers.live_process",
            "workers.load",
            "workers.celery_host",
            "machine.sentinel",
            "bench.elsewhere",
            "bench.side",
            "studies.cases.procedure_process",
        )
    }
    allowed = registries | programs
    found = {
        (path.relative_to(ROOT).as_posix(), node.value)
        for path in (ROOT / "toolkit").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.fullmatch(r"toolkit(\.\w+)+", node.value) and node.value not in allowed
    }
    assert found == set()
