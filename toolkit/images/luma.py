"""Luma of a BGR picture by ITU-R BT.601: the weights, and the full-range luma of a whole picture."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.images.image import Image

Plane = npt.NDArray[np.float32]

FULL_RANGE = np.array([0.114, 0.587, 0.299], np.float32)
"""Weights of blue, green and red: luma 0..255 of levels 0..255."""

STUDIO_RANGE = np.array([24.966, 128.553, 65.481]) / 255.0
"""The same for luma 16..235, less its offset of 16: MATLAB's ``rgb2ycbcr``, which super-resolution papers use."""


def full_range_luma(image: Image) -> Plane:
    """Luma of BGR, or the one channel of a grey picture.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, C)

    Returns
    -------
    ndarray of float32, shape (H, W), 0..255
    """
    return image[..., 0].astype(np.float32) if image.shape[2] == 1 else image[..., :3] @ FULL_RANGE
