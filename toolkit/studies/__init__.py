"""Tasks that use new and stored measurements: collect and compare measurements, name the fastest, show pictures.

This package lists its public functions, and imports the module of a function when the function is first used.
"""

import lazy_loader

_HOMES = {
    "batch_folders": ["folders_of_batch"],
    "batch_screen": ["screen_of_batch"],
    "collection": ["Collected", "collect"],
    "compare": ["calibration_sentence"],
    "encodings": ["in_each_format"],
    "grids": ["model_grids"],
    "tune.cells_table": ["cells_table"],
    "tune.screen": ["rows_of", "screen_of_search"],
    "row_pictures": ["input_of", "output_of", "reference_for", "right_and_wrong", "truth_for"],
}

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs=_HOMES)
