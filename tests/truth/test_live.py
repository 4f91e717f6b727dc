"""The live sections run; what their processes are held against is tested beside memory pass and ledger."""

import pytest

from tests.truth import live_comparisons
from tests.truth.live_threads import threads


def test_live_comparisons_never_contradict_what_was_planted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_comparisons, "BUDGET_S", 3.0)
    figures = [figure for section in live_comparisons.SECTIONS for figure in section.measure(0.05)]
    assert "+3 % called FASTER" in {figure.name for figure in figures}
    assert all(figure.holds for figure in figures)


def test_every_planted_tree_is_judged_even_in_a_short_run() -> None:
    figures = threads(0.03)
    assert figures[0].name == "planted /proc trees: misconfigurations not named, of 24 of 16 kinds"
    assert all(figure.holds for figure in figures)
