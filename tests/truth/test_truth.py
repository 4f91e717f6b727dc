"""The short run of the truth rig; `make bench-truth` makes the long one."""

import pytest

from tests.truth.figures import Section
from tests.truth.simulated import SECTIONS

SHORT = {"1-false-alarms": 1.0, "3-drift": 0.2, "4-coverage-fixed": 0.5, "5-budget": 0.4}


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.key)
def test_figures_hold(section: Section) -> None:
    figures = section.measure(SHORT.get(section.key, 0.2))
    broken = [f"{figure.name}: {figure.value}, {figure.limit}" for figure in figures if not figure.holds]
    assert not broken, "\n".join(broken)
    assert any(figure.limit != "-" for figure in figures)
