"""Two versions of a package: what is refused, and what belongs to an environment."""

from __future__ import annotations

import pytest

from toolkit.contracts.notation import parse_trial
from toolkit.core.errors import InvalidValue
from toolkit.studies.gate.ab import _needed, measure_packages
from toolkit.studies.gate.sides import SidesRun


@pytest.mark.parametrize(
    ("a", "b"), [("numpy==2.0", "scipy==1.0"), ("numpy==2.0", "numpy==2.0"), ("", "numpy==2.0")]
)
def test_two_versions_of_one_package_are_needed(a: str, b: str) -> None:
    with pytest.raises(InvalidValue, match="one package"):
        measure_packages(a, b, [parse_trial("oil_painting@opencv")])


def test_an_environment_has_what_the_trials_need_and_no_more() -> None:
    needed = _needed([parse_trial("oil_painting@opencv")])
    assert {"opencv-contrib-python", "numpy"} <= needed
    assert "torch" not in needed and "jupyterlab" not in needed


def test_other_packages_that_differ_are_named() -> None:
    one, two = {"Numpy": "2.4", "cv": "1", "same": "1"}, {"numpy": "2.3", "cv": "2", "same": "1", "new": "3"}
    assert SidesRun(versions=(one, two)).differing(but="cv") == ["new missing and 3", "numpy 2.4 and 2.3"]
