"""Show that verdicts can be trusted: calibrate them, and make common mistakes of benchmarks on purpose.

The public functions are named here and loaded when first used.
"""

import lazy_loader

_HOMES = {
    "calibrate": ["workload_trial"],
    "demonstrations": ["alarms_in_simulation", "alarms_on_splits", "in_turns", "one_after_the_other"],
    "mistakes_screen": ["mistakes_screen"],
    "plots": ["crowding_chart", "drift_chart", "false_alarm_chart", "peak_chart"],
    "inherited": ["inherited_peak"],
}

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs=_HOMES)
