"""Show that verdicts can be trusted: count how often they are wrong, and make common benchmarking mistakes on purpose.

This package lists its public functions, and imports the module of a function when the function is first used.
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
