"""Sheets of pictures and before/after sliders, to show beside the numbers.

The public functions are named here and loaded when first used.
"""

import lazy_loader

_HOMES = {
    "captions": ["caption_of", "model_line_of", "way_caption_of", "way_line_of"],
    "contact_sheets": ["contact_sheet"],
    "crops": ["crop_sheet"],
    "defect": ["defect_sheet"],
    "differences": ["difference_sheet"],
    "gallery": ["sliders"],
    "mattes": ["matte_sheet"],
    "slider": ["before_after"],
    "windows": ["Window"],
}

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs=_HOMES)
