"""A load test's objective is read from text."""

from __future__ import annotations

import pytest

from toolkit.contracts.load_test import Slo
from toolkit.core.errors import InvalidValue


def test_an_objective_has_a_percentile_and_a_limit() -> None:
    assert Slo.parse("p99.9=2s") == Slo(0.999, 2.0)
    assert Slo.parse(" p50=80ms ").name == "p50"


@pytest.mark.parametrize("wrong", ["500ms", "p0=1s", "p95=fast", "p100=1s", "p95="])
def test_other_texts_are_refused(wrong: str) -> None:
    with pytest.raises(InvalidValue, match="slo"):
        Slo.parse(wrong)
