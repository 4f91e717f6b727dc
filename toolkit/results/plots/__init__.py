"""Plots of measurements, as matplotlib figures.

This package lists its public functions, and imports the module of each function when that function is first used.
"""

import lazy_loader

_HOMES = {
    "backends": ["backend_plot"],
    "bars": ["ratio_plot", "share_plot"],
    "batch": ["batch_stages_plot"],
    "encodings": ["encodings_plot"],
    "heat_map": ["heat_map_plot"],
    "load_tests": ["latency_over_time_plot", "latency_percentiles_plot", "rate_latency_plot"],
    "history": ["history_plot"],
    "pareto": ["pareto_plot"],
    "pipeline": ["pipeline_plot"],
    "scaling": ["rates_plot", "scaling_plot"],
    "sizes": ["latency_plot", "memory_plot", "workers_plot"],
    "verdicts": ["draw_rounds"],
}

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs=_HOMES)
