"""The live sections of the truth rig, in a short run."""

import pytest

from tests.truth import live_comparisons
from tests.truth.live_threads import threads


def test_live_comparisons_agree_with_the_planted_slow_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_comparisons, "BUDGET_S", 3.0)
    figures = [figure for section in live_comparisons.SECTIONS for figure in section.measure(0.05)]
    assert "+3 % called FASTER" in {figure.name for figure in figures}
    assert all(figure.holds for figure in figures)


def test_a_short_run_checks_every_planted_tree() -> None:
    figures = threads(0.03)
    assert figures[0].name == "planted /proc trees: misconfigurations not named, of 24 of 16 kinds"
    assert all(figure.holds for figure in figures)
