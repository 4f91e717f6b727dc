"""Tables of measurements as plain text, HTML and DataFrames.

This package lists its public functions, and imports the module of each function when that function is first used.
"""

import lazy_loader

_HOMES = {
    "batch": ["batch_stages_table", "failures_table"],
    "encodings": ["encodings_table"],
    "facts": ["facts_table"],
    "growth": ["growth_table"],
    "history": ["history_table"],
    "layout": ["Table"],
    "load_capacities": ["service_table"],
    "load_tests": ["load_table"],
    "machines": ["best_ways_table", "machine_ratios_table"],
    "measurements": ["results_table"],
    "percentiles": ["percentile_table"],
    "scaling": ["laws_table", "scaling_table"],
    "series": ["series_table"],
    "shrinking": ["shrinking_table"],
    "stages": ["pipeline_table", "stages_table"],
    "throughput": ["throughput_table"],
}

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs=_HOMES)
