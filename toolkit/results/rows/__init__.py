"""Turn measurements into rows of numbers: the summary of each measurement, its labels, and selections of rows.

This package lists its public functions, and imports the module of each function when that function is first used.
"""

import lazy_loader

_HOMES = {
    "frame": ["export_csv"],
    "machines": ["machines_of", "read_prices"],
    "rate_file": ["read_rates"],
    "report_numbers": ["metrics"],
    "selection": ["comparable", "each_precision", "each_way", "fastest_of_each"],
    "summarising": ["Measured", "newest_rows", "summarise"],
    "summary": ["Summary"],
}

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs=_HOMES)
