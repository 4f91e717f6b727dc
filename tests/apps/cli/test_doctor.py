"""``atelier doctor``: the machine, its probes, the preferred backends and their threads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.machine.planted_tree import plant
from toolkit.apps.cli import doctor
from toolkit.apps.cli.main import run
from toolkit.contracts.fingerprint import fingerprint, summary
from toolkit.contracts.operation import OPERATIONS
from toolkit.machine.hardware import allowed_cpus
from toolkit.machine.probes import PROBES


def test_pairs_without_calibrate_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--pairs", "5"]) == 2
    assert "--calibrate" in capsys.readouterr().err


def test_a_calibration_is_kept_and_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path))
    monkeypatch.setattr(doctor, "CALIBRATION_BUDGET_S", 2.0)
    assert run(["doctor", "--quiet"]) == 0
    assert "This machine is not calibrated" in capsys.readouterr().out
    assert run(["doctor", "--calibrate", "--pairs", "2"]) == 0
    calibrated = capsys.readouterr()
    assert "of 2 comparisons of a workload with itself" in calibrated.out
    assert "3 of 3" in calibrated.err and "3.0 % slower: " in calibrated.err
    assert run(["doctor", "--quiet"]) == 0
    assert " ".join(calibrated.out.split()) in " ".join(capsys.readouterr().out.split())


def test_the_facts_start_no_runtime(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--json"]) == 0
    printed = capsys.readouterr()
    assert "Trying" not in printed.err
    assert set(json.loads(printed.out)) == {"fingerprint", "calibration", "preferred"}


def test_deep_and_calibrate_are_two_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--deep", "--calibrate"]) == 2
    assert "--deep" in capsys.readouterr().err


def test_json_holds_machine_choices_and_threads(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = [("oil_painting", "opencv", "cpu"), ("stylization", "numba", "cpu")]
    monkeypatch.setattr(doctor, "combinations", lambda **_: chosen)
    assert run(["doctor", "--deep", "--json", "--quiet"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    told = json.loads(printed.out)
    assert told["fingerprint"]["cpu"]["allowed"] >= 1
    assert set(told["preferred"]) == set(OPERATIONS)
    assert told["preferred"]["pencil_sketch"]["12.2 MP"] in OPERATIONS["pencil_sketch"].kernels
    rows = {(row["operation"], row["backend"]): row for row in told["threads"]}
    oil = rows["oil_painting", "opencv"]
    assert oil["asked"] == oil["reported"] == allowed_cpus()
    assert oil["at_work"] > 0


def test_missing_probes_are_named_with_what_is_weaker(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "combinations", lambda **_: [("oil_painting", "opencv", "cpu")])
    assert run(["doctor", "--deep"]) == 0
    printed = capsys.readouterr()
    machine = fingerprint()
    assert printed.out.startswith(machine["cpu"]["model"])
    assert f"opencv-contrib-python {machine['runtimes']['opencv-contrib-python']}" in printed.out
    for probe in PROBES:
        is_present = machine["probes"][probe.name] == "present"
        line = next(line for line in printed.out.splitlines() if line.startswith(f"{probe.name} "))
        assert probe.used_for in line
        assert (" yes " in line) == is_present
        if probe.absence_weakens:
            assert (f"no {probe.name}: {probe.absence_weakens}." in printed.out) != is_present
    assert "Trying each model runtime" in printed.err and "1 of 1: oil_painting@opencv" in printed.err
    assert "oil_painting@opencv " in printed.out


def test_threads_are_printed_with_settings_and_problems(capsys: pytest.CaptureFixture[str]) -> None:
    asked = {"operation": "fsrcnn", "device": "cpu", "asked": 2, "allowed": 2}
    ran = {"reported": 2, "at_work": 1.94, "settings": {"spinning": False}, "findings": [], "suspect": []}
    rows = [
        {**asked, "backend": "onnxruntime", **ran},
        {**asked, "backend": "torch", "problem": "not installed"},
    ]
    doctor.print_threads(rows, {"effective": 2.0})
    lines = capsys.readouterr().out.splitlines()
    first = next(line for line in lines if line.startswith("fsrcnn@onnxruntime"))
    assert "1.9" in first and "spinning=false" in first
    assert "On torch, the trial did not run: not installed" in lines


def _machine(root: Path, *, online: int, allowed: str, quota: str = "max") -> dict[str, Any]:
    """The fingerprint of a planted machine with two logical processors per core."""
    files = {
        "proc/cpuinfo": "".join(f"processor\t: {n}\nmodel name\t: Planted CPU\n\n" for n in range(online)),
        "proc/self/status": f"Cpus_allowed_list:\t{allowed}\n",
        "proc/self/cgroup": "0::/\n",
        "sys/fs/cgroup/cpu.max": f"{quota} 100000\n",
        "sys/devices/system/cpu/online": f"0-{online - 1}\n",
    }
    for n in range(online):
        first = n // 2 * 2
        files[f"sys/devices/system/cpu/cpu{n}/topology/core_cpus_list"] = f"{first}-{first + 1}\n"
    return fingerprint(plant(root, files))


@pytest.mark.parametrize(
    ("given", "described", "threads", "advice"),
    [
        (
            {"online": 16, "allowed": "0-15"},
            "16 of 16 processors, 8 physical cores",
            "16 allowed processors",
            "use more workers",
        ),
        (
            {"online": 16, "allowed": "0"},
            "1 of 16 processors, 1 physical core;",
            "1 allowed processor:",
            "nothing faster",
        ),
        (
            {"online": 16, "allowed": "0-15", "quota": "150000"},
            "16 of 16 processors, CPU quota 1.5, 8 physical cores",
            "1.5 allowed processors",
            "nothing faster",
        ),
    ],
    ids=["16 processors", "1 of 16 processors", "a quota of 1.5"],
)
def test_the_words_and_the_advice_fit_the_number_of_processors(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    given: dict[str, Any],
    described: str,
    threads: str,
    advice: str,
) -> None:
    machine = _machine(tmp_path, **given)
    assert described in summary(machine)
    doctor.print_threads([], machine["cpu"])
    printed = capsys.readouterr().out
    assert threads in printed and advice in printed


def test_a_process_that_may_use_one_processor_is_told_so() -> None:
    """A real affinity of one processor, as ``taskset`` or a container sets it."""
    (first, *_) = os.sched_getaffinity(0)
    done = subprocess.run(
        [sys.executable, "-m", "toolkit", "doctor"],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {first}),
    )
    assert ": 1 of " in done.stdout and "1 physical cores" not in done.stdout
