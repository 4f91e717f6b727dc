"""What is auxiliary (a cache, a home folder, a variable) ends no command, wherever it is missing or wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import toolkit as tk

ROOT = Path(__file__).resolve().parents[3]
NOWHERE = "/proc/nowhere"  # nobody can make a folder there, not even root
NEGATIVE = """
import toolkit as tk

def _numba(numba):
    global negative

    @numba.njit(cache=True)
    def negative(image):
        return ~image

    return negative

OPERATION = tk.Operation(name="negative", summary="As a film has it.", kernels={"numba": _numba})
"""


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("plugin") / "negative.py"
    file.write_text(NEGATIVE)
    return file


def applied(
    plugin: Path, folder: Path, *options: str, **variables: str | None
) -> subprocess.CompletedProcess[str]:
    """The negative of a photo, made by Numba in a process with these variables; those that are None are not set."""
    given = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder), **variables}
    out = folder / "out.png"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "toolkit",
            "apply",
            "negative",
            "coffee",
            str(out),
            "--plugin",
            str(plugin),
            *options,
        ],
        env={name: value for name, value in given.items() if value is not None},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if done.returncode == 0:
        assert (tk.load(out) == ~tk.photo("coffee")).all()
    return done


@pytest.mark.parametrize(
    "variables",
    [
        {"XDG_CACHE_HOME": NOWHERE, "NUMBA_CACHE_DIR": NOWHERE},
        {"HOME": NOWHERE, "XDG_CACHE_HOME": None, "TMPDIR": NOWHERE},
        {"NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        {"NUMBA_NUM_THREADS": "0", "NUMBA_DISABLE_JIT": "1", "NUMBA_THREADING_LAYER": "none"},
    ],
    ids=lambda variables: "-".join(variables),
)
def test_a_filter_runs_without(plugin: Path, tmp_path: Path, variables: dict[str, str | None]) -> None:
    done = applied(plugin, tmp_path, **variables)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def test_a_user_without_a_home_folder_is_no_error(plugin: Path, tmp_path: Path) -> None:
    if not shutil.which("unshare"):
        pytest.skip("unshare is not installed")
    tmp_path.chmod(0o777)
    command = [
        "unshare",
        "-U",
        "--map-user=54321",
        "env",
        "-u",
        "HOME",
        "-u",
        "XDG_CACHE_HOME",
        sys.executable,
    ]
    program = "-c", "from toolkit.apps.cli.main import run; raise SystemExit(run(['cache', 'show']))"
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    done = subprocess.run([*command, *program], env=variables, capture_output=True, text=True, timeout=60)
    if "unshare:" in done.stderr:
        pytest.skip("this system allows no user namespaces")
    assert (done.returncode, done.stderr) == (0, "")
    assert str(tmp_path) in done.stdout


def test_asking_for_more_threads_than_numba_has_names_its_variable(plugin: Path, tmp_path: Path) -> None:
    done = applied(plugin, tmp_path, "--threads", "3", NUMBA_NUM_THREADS="1")
    assert done.returncode == 2
    assert "NUMBA_NUM_THREADS is '1'" in done.stderr


def test_a_full_disk_costs_the_cache_and_not_the_picture(plugin: Path, tmp_path: Path) -> None:
    """A disk of one page holds no compiled kernel."""
    cache, out = tmp_path / "cache", tmp_path / "out"
    for folder in (cache, out):
        folder.mkdir()
    if not shutil.which("unshare"):
        pytest.skip("unshare is not installed")
    apply = f"{sys.executable} -m toolkit apply negative coffee {out}/a.png --plugin {plugin}"
    done = subprocess.run(
        ["unshare", "-r", "-m", "sh", "-c", f"mount -t tmpfs -o size=4k tmpfs {cache} && exec {apply}"],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "XDG_CACHE_HOME": str(cache),
            "NUMBA_CACHE_DIR": str(cache),
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    if "mount:" in done.stderr or "unshare:" in done.stderr:
        pytest.skip("this system allows no disk of its own for a process")
    assert done.returncode == 0, done.stderr
    assert (out / "a.png").is_file()
