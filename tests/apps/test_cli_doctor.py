"""``atelier doctor``: the machine, what can be read on it, and what runs best."""

from __future__ import annotations

import json

import pytest

from toolkit.apps.cli.doctor import USES
from toolkit.apps.cli.main import run
from toolkit.core.machine import allowed_cpus, fingerprint
from toolkit.core.operation import OPERATIONS


def test_every_reading_is_explained() -> None:
    assert set(USES) == set(fingerprint()["probes"])


def test_json_holds_machine_choices_and_threads(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--json", "--quiet"]) == 0
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


def test_people_read_what_is_missing_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor"]) == 0
    printed = capsys.readouterr()
    machine = fingerprint()
    assert printed.out.startswith(machine["cpu"]["model"])
    assert f"opencv-contrib-python {machine['runtimes']['opencv-contrib-python']}" in printed.out
    for probe, state in machine["probes"].items():
        line = next(line for line in printed.out.splitlines() if line.startswith(f"{probe} "))
        assert USES[probe] in line
        assert (" yes " in line) == (state == "present")
    assert "Trying each style" in printed.err
