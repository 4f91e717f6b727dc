"""A stopped run continues where it stopped; a figure outside its limit makes the command fail."""

from pathlib import Path

import pytest

from benchmarks.truth import run, sections
from tests.truth.figures import Figure, Section, at_most


def section(key: str, calls: list[str], *, value: float = 0.01, stops: bool = False) -> Section:
    def measure(scale: float) -> list[Figure]:
        calls.append(key)
        if stops:
            raise KeyboardInterrupt
        return [at_most(f"figure of {key}", value, 0.05)]

    return Section(key, f"Title of {key}", measure)


def test_a_stopped_run_keeps_what_is_finished(tmp_path: Path) -> None:
    path, calls = tmp_path / "truth" / "figures.json", []
    with pytest.raises(KeyboardInterrupt):
        run((section("1-a", calls), section("2-b", calls, stops=True)), path)
    assert run((section("1-a", calls), section("2-b", calls)), path)
    assert calls == ["1-a", "2-b", "2-b"]
    page = path.with_name("README.md").read_text()
    assert "figure of 1-a | 1.0 % | at most 5.0 % | yes" in page
    assert "Title of 2-b" in page


def test_one_section_is_measured_again_and_the_rest_is_kept(tmp_path: Path) -> None:
    path, calls = tmp_path / "figures.json", []
    rig = (section("1-a", calls), section("2-b", calls))
    run(rig, path)
    run(rig, path, only="2-b")
    run(rig, path)
    assert calls == ["1-a", "2-b", "2-b"]
    run(rig, path, again=True)
    assert calls[3:] == ["1-a", "2-b"]


def test_a_figure_outside_its_limit_is_marked(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    assert not run((section("1-a", [], value=0.2),), path)
    assert "**NO**" in path.with_name("README.md").read_text()


def test_a_section_of_another_scale_is_measured_again(tmp_path: Path) -> None:
    path, calls = tmp_path / "figures.json", []
    run((section("1-a", calls),), path, scale=0.1)
    run((section("1-a", calls),), path)
    assert len(calls) == 2


def test_every_section_has_its_own_key() -> None:
    keys = [section.key for section in sections()]
    assert len(set(keys)) == len(keys)
    assert {key[0] for key in keys} >= set("12345678")
