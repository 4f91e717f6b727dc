"""Edge-preserving smoothing by the domain transform, with one of two filters of Gastal & Oliveira (2011).

Computes ``cv2.edgePreservingFilter``: three iterations along the rows and along the columns of the recursive filter
(``RECURS_FILTER``) or of the normalised convolution (``NORMCONV_FILTER``), values 0..1 rounded to the nearest level
at the end. Unlike OpenCV's normalised convolution, the filter of this module is right at every picture size.

>>> import numpy as np
>>> flat = np.full((2, 3, 3), 90, np.uint8)
>>> edge_preserving(flat, flags="NORMCONV_FILTER", sigma_s=60.0, sigma_r=0.4).max()
np.uint8(90)
"""

from __future__ import annotations

from toolkit.images.image import Image
from toolkit.kernels.numba import normalised_convolution, recursive_filter
from toolkit.kernels.numba.style import Received, Style

_FILTERS = {"RECURS_FILTER": recursive_filter.smooth, "NORMCONV_FILTER": normalised_convolution.smooth}


def _fill(received: Received, target: Image, *, flags: str, sigma_s: float, sigma_r: float) -> None:
    _FILTERS[flags](received.image, received.differences, sigma_s, sigma_r, target)


_BYTES_PER_PX = 3 + normalised_convolution.WORKING_BYTES_PER_PX
edge_preserving = Style(name="edge_preserving", fill=_fill, working_bytes_per_px=_BYTES_PER_PX)
