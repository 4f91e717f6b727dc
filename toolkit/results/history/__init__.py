"""The history of each trial on each machine: its time in each run, lasting changes of this time, and their causes.

This package lists its public functions, and imports the module of each function when that function is first used.
"""

import lazy_loader

_HOMES = {
    "alerts": ["Alert", "alerts", "listed"],
    "judged": ["History", "histories"],
    "runs": ["Runs", "with_runs"],
    "series": ["RunSeries"],
}

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs=_HOMES)
