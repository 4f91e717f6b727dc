"""One control for each kind of parameter, and the value read back from it."""

from __future__ import annotations

import pytest

from toolkit.apps.widgets.controls import control_of, value_of
from toolkit.core.params import Param

WHOLE = Param(name="radius", default=5, low=1, high=50, unit="px", help="reach")
PARAMS = {
    "IntSlider": WHOLE,
    "FloatSlider": Param(name="strength", default=0.5, low=0.0, high=1.0),
    "FloatLogSlider": Param(name="sigma", default=10, low=1, high=1000, scale="log"),
    "Dropdown": Param(name="tone", default="grey", choices=("grey", "color")),
    "Checkbox": Param(name="keep", default=True),
    "Text": Param(name="path", default="here"),
}


@pytest.mark.parametrize("kind", PARAMS)
def test_a_control_of_the_right_kind_starts_at_the_default(kind):
    control = control_of(PARAMS[kind])
    assert type(control).__name__ == kind
    assert value_of(PARAMS[kind], control.value) == PARAMS[kind].default


def test_its_label_has_the_unit_and_its_tooltip_the_help_and_the_bounds():
    control = control_of(WHOLE)
    assert control.description == "radius [px]"
    assert "reach" in control.tooltip and "50" in control.tooltip and "default 5" in control.tooltip


def test_a_value_between_or_beyond_the_stops_of_a_log_slider_is_brought_back():
    assert value_of(PARAMS["FloatLogSlider"], 10.4) == 10
    assert value_of(PARAMS["FloatLogSlider"], 1000.0000001) == 1000
    assert value_of(PARAMS["FloatSlider"], 0.25) == 0.25
