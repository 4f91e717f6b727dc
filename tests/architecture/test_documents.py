"""README and CONTRIBUTING promise what exists, and the example in CONTRIBUTING works."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import toolkit as tk
from toolkit.apps.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def _shell_lines(text: str) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line.partition("#")[0].strip() for block in blocks for line in block.splitlines()]


def test_readme_explains_every_target_and_no_other() -> None:
    assert set(re.findall(r"make ([a-z-]+)", README.replace("and make,", ""))) == _targets()


def test_help_lists_every_target() -> None:
    command = ["make", "--no-print-directory"]  # the tests may themselves run under make
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    listed = {line.split()[0] for line in answer.stdout.splitlines()}
    assert listed == _targets()
    assert answer.stdout.startswith("help")


def test_readme_lists_every_notebook() -> None:
    stored = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert set(re.findall(r"\]\(notebooks/(\w+)\.ipynb\)", README)) == stored


@pytest.mark.parametrize("text", [README, CONTRIBUTING], ids=["README", "CONTRIBUTING"])
def test_commands_exist(text: str) -> None:
    named = {line.split()[1] for line in _shell_lines(text) if line.startswith("atelier ")}
    assert named
    assert named <= set(COMMANDS)


@pytest.mark.parametrize("text", [README, CONTRIBUTING], ids=["README", "CONTRIBUTING"])
def test_links_lead_somewhere(text: str) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
        assert (ROOT / link).exists(), link


@pytest.mark.parametrize("text", [README, CONTRIBUTING], ids=["README", "CONTRIBUTING"])
def test_named_files_of_the_package_exist(text: str) -> None:
    paths = set(re.findall(r"`(toolkit/[\w/.]+)`", text)) - {f"toolkit/ops/{_example()[0]}.py"}
    assert paths
    for path in paths:
        assert (ROOT / path).exists() or "NAME" in path, path


def test_python_in_the_readme_runs() -> None:
    code = re.findall(r"```python\n(.*?)```", README, re.DOTALL)[0]
    names: dict[str, object] = {}
    exec(code.replace("megapixels=1", "input=32x24,images=coffee"), names)
    assert np.asarray(names["painted"]).shape == tk.photo("coffee").shape
    assert names["answer"].status == "ok"


def test_contributing_is_short() -> None:
    assert len(CONTRIBUTING.splitlines()) < 80


def _example() -> tuple[str, str]:
    """Name and content of the operation that CONTRIBUTING offers to copy."""
    named = re.search(r"`toolkit/ops/(\w+)\.py`", CONTRIBUTING)
    code = re.search(r"```python\n(.*?)```", CONTRIBUTING, re.DOTALL)
    assert named
    assert code
    return named.group(1), code.group(1)


def test_the_example_has_as_many_lines_as_the_readme_says() -> None:
    n_lines = len([line for line in _example()[1].splitlines() if line.strip()])
    assert f"one of {n_lines} lines" in README


def test_the_example_keeps_the_contracts(tmp_path: Path) -> None:
    name, content = _example()
    (tmp_path / f"{name}.py").write_text(content)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/contracts/test_operations.py",
    ]
    command += ["-k", name, "--plugin", str(tmp_path / f"{name}.py")]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert answer.returncode == 0, answer.stdout
    assert int(re.findall(r"(\d+) passed", answer.stdout)[0]) > 10


def test_the_example_is_listed_applied_and_measured(tmp_path: Path) -> None:
    name, content = _example()
    plugin = tmp_path / f"{name}.py"
    plugin.write_text(content)

    def atelier(*arguments: str) -> str:
        command = [sys.executable, "-m", "toolkit", *arguments, "--plugin", str(plugin)]
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    assert name in atelier("list", "operations")
    out = tmp_path / "poster.png"
    atelier("apply", name, "coffee", str(out), "--levels", "3")
    assert np.unique(tk.load(out)).tolist() == [0, 128, 255]
    store = tmp_path / "store.sqlite"
    shown = atelier("bench", name, "--size", "32x24", "--images", "coffee", "--store", str(store), "-q")
    assert f"{name}@opencv" in shown


def test_the_picture_of_the_readme_is_small_and_what_its_commands_make_today() -> None:
    shown = ROOT / re.findall(r"!\[[^]]*\]\((\S+)\)", README)[0]
    assert shown.stat().st_size < 200_000
    photo = tk.photo("astronaut")
    styles = re.findall(r"`(\w+)(?: --preset\s+(\w+))?`", README.partition("```")[0])
    drawn = [tk.apply(name, photo, **({"preset": preset} if preset else {})) for name, preset in styles[1:]]
    strip, side, gap = tk.load(shown), 300, 6
    assert strip.shape == (side, 5 * side + 4 * gap, 3) and len(drawn) == 4
    for number, picture in enumerate([photo, *drawn]):
        cell = strip[:, number * (side + gap) :][:, :side]
        assert cv2.PSNR(cell, cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)) > 22


def test_the_table_of_the_readme_is_that_of_a_kept_run() -> None:
    kept = (ROOT / "reports/readme/bench.txt").read_text()
    (table,) = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
    assert all(line in kept for line in table.splitlines())
    assert kept.splitlines()[1] in README
