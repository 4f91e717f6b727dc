"""``atelier doctor``: the machine, its probes, the preferred backends and their threads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toolkit.apps.cli import doctor
from toolkit.apps.cli.main import run
from toolkit.contracts.fingerprint import fingerprint
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
    assert calibrated.out.strip() in " ".join(capsys.readouterr().out.split())


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
