"""Measuring and reading joined: collect what is missing, compare, choose a winner, show what a row computed.

The public functions are named here and loaded when first used.
"""

import lazy_loader

_HOMES = {
    "collection": ["Collected", "collect"],
    "compare": ["calibration_sentence"],
    "defect": ["right_and_wrong"],
    "grids": ["model_grids"],
    "row_pictures": ["input_of", "output_of", "reference_for", "truth_for"],
}

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs=_HOMES)
