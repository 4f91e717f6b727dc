"""Rates, durations and prices with their unit."""

import pytest

from toolkit.core.errors import InvalidValue
from toolkit.core.quantities import parse_duration, parse_price, parse_rate

WHERE = {"name": "it", "owner": "a test"}


@pytest.mark.parametrize(
    ("text", "per_s"), [("200/s", 200), ("90 / min", None), ("3600/h", 1), ("1e3/s", 1000)]
)
def test_a_rate_is_a_second(text, per_s):
    if per_s is None:
        with pytest.raises(InvalidValue):
            parse_rate(text, **WHERE)
    else:
        assert parse_rate(text, **WHERE) == per_s


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), ("2s", 2), (" 1.5 min ", 90), ("250us", 250e-6)]
)
def test_a_duration_is_in_seconds(text, seconds):
    assert parse_duration(text, **WHERE) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "200", "s", "-1/s", "0/s", "1.2.3/s", "200/day", "200s", "inf/s", "nan/s"]
)
def test_what_is_no_rate_is_refused(text):
    with pytest.raises(InvalidValue, match="200/s"):
        parse_rate(text, **WHERE)


@pytest.mark.parametrize("text", ["500", "500 /s", "ms", "0ms"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(InvalidValue, match="500ms"):
        parse_duration(text, **WHERE)


@pytest.mark.parametrize("text", ["0.08", "0.08/s", "$1/h", "-1/h"])
def test_what_is_no_price_is_refused(text):
    with pytest.raises(InvalidValue, match="hour"):
        parse_price(text, **WHERE)
