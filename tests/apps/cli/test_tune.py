"""``atelier tune``: exit codes, what is written, going on after ``kill -9``, and ``--config`` of other commands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import toolkit as tk
from tests.apps.cli.conftest import Refused
from toolkit.apps.cli.main import run
from toolkit.results.store.store import Store

SMALL = ["oil_painting", "--size", "64x48", "--images", "coffee"]
OIL = """\
format: 1
operation: oil_painting
params: {size: 5}
run: {backend: opencv, threads: 1}
input: {width: 64, height: 48}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "oil.yaml"
    path.write_text(OIL)
    return path


def test_a_killed_search_goes_on_and_measures_nothing_twice(tmp_path: Path) -> None:
    store, out = tmp_path / "store.sqlite", tmp_path / "oil.yaml"
    words = ["tune", *SMALL, "--budget", "40s", "--store", str(store), "--out", str(out)]
    command = [sys.executable, "-m", "toolkit", *words]
    for least in (1, 2, 4):
        _kill_when_kept(command, store, least=least)
        assert not out.exists()
    answer = subprocess.run([*command, "--json"], capture_output=True, text=True, timeout=200)
    told = json.loads(answer.stdout)
    assert "earlier" in " ".join(told["sentences"])
    # Only a look that was disturbed is repeated.
    looks = [m for m in Store(store).all() if len(m.blocks) == 1 and m.memory is None and not m.suspect]
    assert max(Counter(m.key for m in looks).values(), default=1) == 1
    assert answer.returncode == (0 if told["winner"] else 5), answer.stderr
    assert out.exists() == bool(told["winner"])
    if out.exists():
        assert out.read_text().startswith("format: 1\noperation: oil_painting\n")


def _kill_when_kept(command: list[str], store: Path, *, least: int) -> None:
    """Start a search, and kill it as soon as the store has so many measurements."""
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and (not store.exists() or len(Store(store).all()) < least):
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(Store(store).all()) >= least


def test_an_unfinished_search_writes_no_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "oil.yaml"
    words = ["--budget", "4s", "--store", str(tmp_path / "s.sqlite"), "--out", str(out)]
    assert run(["tune", *SMALL, *words]) == 5
    told = capsys.readouterr()
    assert "not written" in told.err
    assert told.out.startswith(("CAN'T TELL", "No settings"))
    assert not out.exists()


def test_nothing_feasible_exits_with_4_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "fast.yaml"
    words = [
        "--max-p95-ms",
        "0.01",
        "--budget",
        "60s",
        "--store",
        str(tmp_path / "s.sqlite"),
        "--out",
        str(out),
    ]
    assert run(["tune", *SMALL, *words]) == 4
    assert "nearest" in capsys.readouterr().out
    assert not out.exists()


def test_apply_with_a_configuration_writes_the_bytes_of_the_typed_settings(
    config: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "a.png", tmp_path / "b.png"
    assert run(["apply", "--config", str(config), "coffee", str(first), "-q"]) == 0
    typed = [
        "oil_painting",
        "coffee",
        str(second),
        "--size",
        "5",
        "--backend",
        "opencv",
        "--threads",
        "1",
        "-q",
    ]
    assert run(["apply", *typed]) == 0
    assert first.read_bytes() == second.read_bytes()


def test_apply_with_a_configuration_fills_a_folder(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(["apply", "--config", str(config), "coffee", "chelsea", f"{out}/", "-q"]) == 0
    assert len(list(out.iterdir())) == 2


def test_batch_and_bench_run_a_configuration(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    tk.save(tk.photo("coffee")[:48, :64], source / "a.png")
    assert run(["batch", "--config", str(config), str(source), str(out), "-q"]) == 0
    made = tk.load(out / "a.png")
    np.testing.assert_array_equal(
        made, tk.apply("oil_painting", tk.photo("coffee")[:48, :64], backend="opencv", threads=1, size=5)
    )
    capsys.readouterr()
    store = str(tmp_path / "s.sqlite")
    assert (
        run(["bench", "--config", str(config), "--images", "coffee", "--store", store, "--json", "-q"]) == 0
    )
    (row,) = Store(store).all()
    assert str(row.trial).startswith("oil_painting@opencv:size=5,threads=1")


def test_the_environment_is_printed_as_lines(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tune", "--env", str(config)]) == 0
    assert "OMP_NUM_THREADS=1" in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (["tune"], "OPERATION"),
        (["tune", "oil_painting", "--budget", "soon"], "budget"),
        (["tune", "oil_painting", "--minimize", "beauty"], "latency"),
        (["tune", "oil_painting", "--max-p95-ms", "0"], "got '0'. See"),
        (["tune", "oil_painting", "--out", "fast.txt"], ".yaml"),
        (["tune", "oil_painting", "--vary", "sise=1"], "size"),
        (["tune", "--verify", "nowhere.yaml"], "cannot be read"),
        (["apply", "--config", "nowhere.yaml", "coffee", "a.png"], "cannot be read"),
        (["bench", "oil_painting", "--config", "x.yaml"], "--config"),
    ],
)
def test_a_wrong_request_is_one_sentence(words: list[str], word: str, refused: Refused) -> None:
    assert word in refused(words)


def test_an_existing_file_is_not_overwritten(config: Path, refused: Refused) -> None:
    assert "--force" in refused(["tune", "oil_painting", "--out", str(config)])
    assert config.read_text() == OIL


def test_options_of_an_operation_do_not_go_with_a_configuration(config: Path, refused: Refused) -> None:
    said = refused(["apply", "--config", str(config), "coffee", os.devnull, "--backend", "numba"])
    assert "--backend" in said
