"""Edge-preserving smoothing by the domain transform, by either of the paper's two filters.

Documented as ``cv2.edgePreservingFilter``: three iterations along the rows and along the columns of the recursive
filter (``RECURS_FILTER``) or of the normalised convolution (``NORMCONV_FILTER``), values 0..1 rounded to the
nearest level at the end. Gastal & Oliveira (2011).
"""

from __future__ import annotations

from toolkit.core.errors import invalid
from toolkit.images.image import Image
from toolkit.kernels import picture
from toolkit.kernels.numba import normalised_convolution, recursive_filter
from toolkit.kernels.numba.domain_transform import differences

OWNER = "edge_preserving"
FILTERS = {"RECURS_FILTER": recursive_filter.smooth, "NORMCONV_FILTER": normalised_convolution.smooth}
WORKING_BYTES_PER_PX = 3 + normalised_convolution.WORKING_BYTES_PER_PX


def edge_preserving(
    image: Image,
    flags: str = "RECURS_FILTER",
    sigma_s: float = 60.0,
    sigma_r: float = 0.4,
    *,
    out: Image | None = None,
) -> Image:
    """Smooth inside edges, as ``cv2.edgePreservingFilter`` and right at every size.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
        BGR; never written to.
    flags : {"RECURS_FILTER", "NORMCONV_FILTER"}
        Which filter, by OpenCV's name.
    sigma_s : float
        Reach of the smoothing, 1..200 px.
    sigma_r : float
        Differences below about this share of the full range are smoothed away, 0.01..1.
    out : ndarray of uint8, shape (H, W, 3), optional
        Where to write.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)

    Raises
    ------
    InvalidValue
        A parameter out of its range, no picture, or one too large for the memory that is free.

    Examples
    --------
    >>> import numpy as np
    >>> edge_preserving(np.full((2, 3, 3), 90, np.uint8), "NORMCONV_FILTER").max()
    np.uint8(90)
    """
    if flags not in FILTERS:
        raise invalid("flags", OWNER, f"one of {', '.join(FILTERS)}", flags)
    picture.check_sigmas(OWNER, sigma_s=sigma_s, sigma_r=sigma_r)
    image = picture.receive(image, OWNER, working_bytes_per_px=WORKING_BYTES_PER_PX)
    target = picture.target_for(out, image, OWNER)
    FILTERS[flags](image, differences(image), sigma_s, sigma_r, target)
    return picture.deliver(target, out)
