"""Make the widget of a parameter, and turn what the widget shows into the parameter's value."""

from __future__ import annotations

import math
from typing import Any

from toolkit.core.params import Param, Value

_SLIDER_STEPS = 200
LABEL_STYLE, CONTROL_LAYOUT = {"description_width": "130px"}, {"width": "360px"}


def control_of(param: Param) -> Any:
    """A widget that accepts the values that `param` allows, and starts at the default."""
    import ipywidgets

    common = {
        "value": param.default,
        "description": f"{param.name} [{param.unit}]" if param.unit else param.name,
        "tooltip": f"{param.help or param.name}: {param.constraint}, default {param.default}",
        "style": LABEL_STYLE,
        "layout": CONTROL_LAYOUT,
    }
    if param.choices:
        return ipywidgets.Dropdown(options=list(param.choices), **common)
    if isinstance(param.default, bool):
        return ipywidgets.Checkbox(**common)
    if isinstance(param.default, str):
        return ipywidgets.Text(continuous_update=False, **common)
    is_whole = isinstance(param.default, int)
    if param.low is None or param.high is None:
        return (ipywidgets.IntText if is_whole else ipywidgets.FloatText)(**common)
    if param.scale == "log" and param.low > 0:
        low, high = math.log10(param.low), math.log10(param.high)
        step, digits = (high - low) / _SLIDER_STEPS, ",.0f" if is_whole else ".3g"
        return ipywidgets.FloatLogSlider(min=low, max=high, step=step, readout_format=digits, **common)
    if is_whole:
        return ipywidgets.IntSlider(min=int(param.low), max=int(param.high), **common)
    step = 10 ** math.floor(math.log10((param.high - param.low) / 50))
    digits = f".{max(0, round(-math.log10(step)))}f"
    return ipywidgets.FloatSlider(min=param.low, max=param.high, step=step, readout_format=digits, **common)


def value_of(param: Param, shown: Any) -> Value:
    """The parameter's value, computed from the number or text that its widget shows.

    A slider with a logarithmic scale can stop between whole numbers and, because of rounding, just outside its bounds.
    """
    if param.choices or isinstance(param.default, bool | str):
        return shown
    if param.low is not None and param.high is not None:
        shown = min(max(shown, param.low), param.high)
    return round(shown) if isinstance(param.default, int) else float(shown)
