"""Sheets of pictures and comparisons of two pictures, which notebooks and reports show beside the numbers.

This package lists its public functions, and imports the module of each function when that function is first used.
"""

import lazy_loader

_HOMES = {
    "captions": ["caption_of", "model_line_of", "way_caption_of", "way_line_of"],
    "compare_views": ["before_after", "comparisons"],
    "crops": ["crop_sheet"],
    "differences": ["defect_sheet", "difference_sheet"],
    "mattes": ["matte_sheet"],
    "sheets": ["contact_sheet"],
    "windows": ["Window"],
}

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs=_HOMES)
