"""The commands of the README run from a folder outside the checkout, with the package alone."""

from __future__ import annotations

import pytest

from tests.architecture.outside import Outside, name_of, readme_commands

# What is added to a command so that it ends in seconds: sizes, and the command's own limits.
ADDED = {
    "bench": "--dry-run",
    "capacity": "--table animeganv2_14_cores",
    "compare": "--megapixels 0.01 --budget 1",
    "tune": "--size 96x72 --budget 90s",
    "report": "-p operations bicubic",
    "warm": "fit_side",
}
ADDED_TO = {"atelier report 10_resolution": "-p megapixels 0.01"}
TAKES_MINUTES = ("atelier doctor --calibrate", "atelier tune oil_painting --app")
# Workers behind a queue: test_readme_workers. Services: tests/apps/service, and `load`: tests/apps/cli. A gate needs a
# git repository and `ab` two virtual environments: tests/studies/gate, `make bench-gate`. A cluster:
# tests/workers and `make bench-cluster`.
TESTED_ELSEWHERE = ("gate", "ab", "serve", "load", "work", "")
IN_THE_TEXT = (
    'atelier schedule 10_resolution --cron "0 3 * * *"',
    'atelier schedule 10_resolution --cron "0 3 * * *" --github',
    "atelier results show --all",
    "atelier bench oil_painting --dry-run",
)
"""Commands that the README names inside its sentences."""
FOUND = "format: 1\noperation: oil_painting\nparams: {}\nrun: {backend: numba}\n"
"""What a search writes, with as little as the commands that read it need."""


def _is_run_here(line: str) -> bool:
    is_quick = line not in TAKES_MINUTES and "--cluster" not in line
    return is_quick and name_of(line) not in TESTED_ELSEWHERE


def _with_limits(line: str) -> str:
    more = [
        ADDED.get(name_of(line), ""),
        *(text for start, text in ADDED_TO.items() if line.startswith(start)),
    ]
    return " ".join([line, *more])


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Outside:
    return Outside(tmp_path_factory.mktemp("outside"))


def test_each_command_of_the_readme_runs_outside_the_checkout(outside: Outside) -> None:
    failed = []
    for line in [*filter(_is_run_here, readme_commands()), *IN_THE_TEXT]:
        done = outside.run(_with_limits(line))
        lacks_weights = done.returncode == 3 and "ATELIER_WEIGHTS" in done.stderr
        if name_of(line) == "tune" and done.returncode == 5:  # a busy machine names no winner: one by hand
            assert "no winner is named" in done.stderr
            (outside.here / "fast.yaml").write_text(FOUND)
        elif done.returncode and not lacks_weights:
            failed.append(f"{line}: {done.returncode}, {done.stderr[-500:]}")
    assert failed == []
    data = outside.home / ".local" / "share" / "atelier"
    assert sorted(entry.name for entry in data.iterdir()) == ["data", "reports"]
    assert not list(outside.site.rglob("*.sqlite"))


def test_every_command_is_in_the_readme_and_run_by_some_test() -> None:
    from toolkit.apps.cli.main import COMMANDS

    named = {name_of(line) for line in (*readme_commands(), *IN_THE_TEXT)}
    assert set(COMMANDS) - named <= {"cache"}
