"""Numba: too many threads are refused, and compiled kernels go to the folder that the environment names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit.contracts.backend import BACKENDS, Placement
from toolkit.core.errors import InvalidValue

numba = pytest.importorskip("numba")

BACKEND = BACKENDS["numba"]


def test_more_threads_than_numba_started_with_are_refused() -> None:
    most = numba.config.NUMBA_NUM_THREADS
    with (
        pytest.raises(InvalidValue, match=f"'threads' of backend numba must be at most {most}"),
        BACKEND.session(Placement(threads=most + 1)),
    ):
        pass


COMPILING = """
import numpy as np
from toolkit.contracts.backend import BACKENDS, Placement
from toolkit.contracts.operation import OPERATIONS
backend, operation = BACKENDS["numba"], OPERATIONS["oil_painting"]
with backend.session(Placement()) as runtime:
    kernel = operation.build(backend, runtime, operation.resolve({}))
    kernel(np.zeros((8, 8, 3), np.uint8))
    print(backend.observed()["cache"])
"""


def test_a_worker_with_an_empty_folder_compiles_and_the_next_one_does_not(tmp_path: Path) -> None:
    variables = {
        **os.environ,
        **BACKEND.environment(Placement()),
        **BACKEND.cold_environment(Placement(), tmp_path),
        "PYTHONPATH": os.getcwd(),
    }
    said = [
        subprocess.run(
            [sys.executable, "-c", COMPILING], env=variables, capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(2)
    ]
    assert said == [["cold"], ["warm"]]
    assert list(tmp_path.rglob("*.nbc"))
