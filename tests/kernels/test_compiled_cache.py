"""After an edit of any kernel source the next process compiles again; without an edit it does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit.kernels.compiled_cache import cache_folder

HELPER = "from numba import njit\n\n@njit(cache=True)\ndef helper():\n    return {value}\n"
CALLER = "from numba import njit\nfrom helper import helper\n\n@njit(cache=True)\ndef call():\n    return helper()\n"


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "kernels"
    folder.mkdir()
    (folder / "helper.py").write_text(HELPER.format(value=1))
    (folder / "caller.py").write_text(CALLER)
    return folder


def answer(kernels: Path, compiled: Path) -> int:
    """What a new process gets from ``call()``, with its compiled code kept in `compiled`."""
    command = [sys.executable, "-B", "-c", "from caller import call; print(call())"]
    variables = os.environ | {"NUMBA_CACHE_DIR": str(compiled), "PYTHONPATH": str(kernels)}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True, timeout=120)
    return int(done.stdout)


def test_an_edit_of_a_function_in_another_file_recompiles(kernels: Path, tmp_path: Path) -> None:
    fixed = tmp_path / "fixed"
    before = cache_folder(kernels)
    assert answer(kernels, before) == answer(kernels, fixed) == 1
    (kernels / "helper.py").write_text(HELPER.format(value=2))
    after = cache_folder(kernels)
    assert after != before
    assert answer(kernels, after) == 2
    # The trap itself: in one fixed folder Numba returns the old answer. Once it no longer does, the key can go.
    assert answer(kernels, fixed) == 1


def test_the_folder_stays_while_nothing_changes_and_holds_what_was_compiled(kernels: Path) -> None:
    folder = cache_folder(kernels)
    answer(kernels, folder)
    assert cache_folder(kernels) == folder
    assert list(folder.rglob("*.nbc"))


def test_a_renamed_a_moved_and_a_new_source_open_a_new_folder(kernels: Path) -> None:
    folders = {cache_folder(kernels)}
    (kernels / "more.py").write_text("")
    folders.add(cache_folder(kernels))
    (kernels / "more.py").rename(kernels / "other.py")
    folders.add(cache_folder(kernels))
    assert len(folders) == 3


def test_another_processor_opens_a_new_folder(kernels: Path, tmp_path: Path) -> None:
    cpus = []
    for flags in ("sse2 avx2", "sse2 avx2 avx512f"):
        cpuinfo = tmp_path / f"cpuinfo {flags}"
        cpuinfo.write_text(f"processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: {flags}\ncpu MHz\t\t: 2400\n")
        cpus.append(cache_folder(kernels, cpuinfo))
    faster_clock = tmp_path / "faster clock"
    faster_clock.write_text(
        "processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: sse2 avx2\ncpu MHz\t\t: 3100\n"
    )
    assert cpus[0] != cpus[1]
    assert cache_folder(kernels, faster_clock) == cpus[0]
    assert cache_folder(kernels, tmp_path / "absent") not in cpus


def test_the_folder_is_known_without_importing_anything_heavy() -> None:
    code = "import sys; from toolkit.kernels.compiled_cache import cache_folder; cache_folder(); print(*sys.modules)"
    command = [sys.executable, "-c", code]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=60)
    assert not {"numba", "numpy", "cv2"} & set(done.stdout.split())
