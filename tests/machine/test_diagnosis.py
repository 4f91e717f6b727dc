"""Every planted misconfiguration is named; clean configurations have no finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.truth.planted_threads import CLEAN, WRONG, Case, Worker, alike, run
from toolkit.machine.diagnosis import diagnose


def test_there_are_enough_wrong_and_clean_cases() -> None:
    assert len({case.code for case in WRONG}) >= 10
    assert len(CLEAN) >= 20


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.name)
def test_a_misconfiguration_is_named_with_its_cure(tmp_path: Path, case: Case) -> None:
    found = run(tmp_path, case)
    assert case.code in {finding.code for finding in found}
    assert all(finding.sentence and finding.cure for finding in found)


@pytest.mark.parametrize("case", CLEAN, ids=lambda case: case.name)
def test_a_clean_configuration_has_no_finding(tmp_path: Path, case: Case) -> None:
    assert run(tmp_path, case) == []


def test_the_same_finding_of_several_workers_appears_once(tmp_path: Path) -> None:
    case = Case("", workers=3, observed=alike(3, Worker(start={"OMP_WAIT_POLICY": "active"})))
    assert [finding.code for finding in run(tmp_path, case)] == ["told to spin"]


def test_the_cure_of_oversubscription_fits(tmp_path: Path) -> None:
    (finding,) = run(tmp_path, Case("", threads=4, workers=3, allowed=4, observed=[]))
    assert "3 workers x 4 threads" in finding.sentence
    assert "workers=3,threads=1" in finding.cure


@pytest.mark.parametrize(
    ("setting", "threads", "workers", "code"),
    [
        ("pinning", 1, 2, "pinned by a setting"),
        ("pinning", 2, 1, ""),
        ("spinning", 2, 1, "told to spin"),
        ("spinning", 1, 1, ""),  # without a pool nothing spins
    ],
)
def test_a_harmful_setting_of_the_runtime_is_named(
    setting: str, threads: int, workers: int, code: str
) -> None:
    cpu = {"allowed_list": [0, 1], "logical": 2, "quota": None, "siblings": None}

    def codes(value: bool) -> list[str]:
        found = diagnose(threads=threads, workers=workers, cpu=cpu, observed=[], settings={setting: value})
        assert all(f"{setting}=false" in finding.cure for finding in found)
        return [finding.code for finding in found]

    assert codes(True) == ([code] if code else [])
    assert codes(False) == []
