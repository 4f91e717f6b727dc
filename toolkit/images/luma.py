"""Luma of BGR pictures by ITU-R BT.601: the weights of the channels, and the full-range luma of a picture."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.images.image import Image

Plane = npt.NDArray[np.float32]

FULL_RANGE = np.array([0.114, 0.587, 0.299], np.float32)
"""Weights of blue, green and red for luma 0..255, from levels 0..255."""

STUDIO_RANGE = np.array([24.966, 128.553, 65.481]) / 255.0
"""Weights for luma 16..235, without its offset of 16, as in MATLAB's ``rgb2ycbcr`` and in super-resolution papers."""


def full_range_luma(image: Image) -> Plane:
    """The luma of a BGR picture, or the only channel of a grey picture.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, C)
        The picture, BGR for C = 3, grey for C = 1.

    Returns
    -------
    ndarray of float32, shape (H, W), 0..255
        The luma of each pixel.
    """
    return image[..., 0].astype(np.float32) if image.shape[2] == 1 else image[..., :3] @ FULL_RANGE
