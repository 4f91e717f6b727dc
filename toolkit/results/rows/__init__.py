"""Measurements as rows: one summary a trial, names for people, choices among rows.

The public functions are named here and loaded when first used.
"""

import lazy_loader

_HOMES = {
    "frame": ["export_csv"],
    "selection": ["comparable", "each_precision", "each_way", "fastest_of_each"],
    "sidecar": ["metrics", "ratio"],
    "summary": ["Summary", "newest", "summarise"],
}

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs=_HOMES)
