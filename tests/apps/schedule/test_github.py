"""The GitHub Actions workflow that `schedule --github` prints."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from toolkit.apps.schedule.github import github_workflow
from toolkit.apps.schedule.lines import job_of
from toolkit.core import folders
from toolkit.core.errors import InvalidValue


def steps_of(text):
    found = yaml.safe_load(text)
    assert found[True]["schedule"] == [{"cron": "0 3 * * *"}]  # YAML 1.1 reads the key "on" as true
    return found["jobs"]["report"]["steps"], found["jobs"]["report"]["env"]


def test_in_a_repository_of_ones_own_atelier_is_installed_and_paths_are_relative(home):
    (home / ".git").mkdir()
    (home / "night.yaml").write_text("count: 3\n")
    steps, told = steps_of(github_workflow(job_of("tiny", preset=Path("night.yaml")), "0 3 * * *"))
    runs = [step["run"] for step in steps if "run" in step]
    assert runs[-1] == "atelier report tiny -f night.yaml --fresh"
    assert "pip install" in runs[0] and told["ATELIER_HOME"].endswith("/atelier")
    kept = [step["with"]["path"].split() for step in steps if "cache" in step.get("uses", "")]
    assert kept == [["atelier/data/results", "atelier/reports"]] * 2


def test_in_a_checkout_of_atelier_make_installs_it_and_a_shipped_preset_keeps_its_name(home, monkeypatch):
    monkeypatch.chdir(folders.checkout())
    job = job_of("90_history", preset=Path("history_quick"), parameters={"panels": 2})
    runs = [step["run"] for step in steps_of(github_workflow(job, "0 3 * * *"))[0] if "run" in step]
    assert runs == ["make setup", ".venv/bin/atelier report 90_history -f history_quick -p panels 2 --fresh"]


def test_a_preset_outside_the_repository_is_refused(home, tmp_path_factory):
    preset = tmp_path_factory.mktemp("elsewhere") / "night.yaml"
    preset.write_text("count: 3\n")
    with pytest.raises(InvalidValue, match="repository"):
        github_workflow(job_of("tiny", preset=preset), "0 3 * * *")
