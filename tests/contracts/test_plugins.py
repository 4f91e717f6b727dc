"""A plug-in is held to the contracts without an edit: named to pytest, or by ATELIER_PLUGINS."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INVERT = """
import numpy as np
from toolkit.contracts.operation import Operation

OPERATION = Operation(
    name="invert",
    summary="Photographic negative.",
    kernels={"opencv": lambda cv2: lambda image: cv2.bitwise_not(image)},
)
"""
CARELESS = INVERT.replace("cv2.bitwise_not(image)", "np.subtract(255, image, out=image)")


def _contracts(plugin: Path, content: str, *, by_option: bool) -> subprocess.CompletedProcess[str]:
    plugin.write_text(content)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/contracts/test_operations.py",
    ]
    command += ["-k", "invert"]
    environment = {**os.environ, "ATELIER_PLUGINS": "" if by_option else str(plugin)}
    command += ["--plugin", str(plugin)] if by_option else []
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("by_option", [True, False], ids=["option", "environment"])
def test_a_plugin_is_tested(tmp_path: Path, by_option: bool) -> None:
    answer = _contracts(tmp_path / "invert.py", INVERT, by_option=by_option)
    assert answer.returncode == 0, answer.stdout
    assert " passed" in answer.stdout


def test_a_plugin_that_writes_to_its_input_is_caught(tmp_path: Path) -> None:
    answer = _contracts(tmp_path / "invert.py", CARELESS, by_option=True)
    assert answer.returncode == 1
    assert "test_the_input_is_neither_changed_nor_returned[invert-opencv]" in answer.stdout


def test_a_broken_plugin_is_named_in_one_sentence(tmp_path: Path) -> None:
    answer = _contracts(tmp_path / "invert.py", "OPERATION = 3\n", by_option=True)
    assert answer.returncode == 4
    assert "'OPERATION' of" in answer.stderr
