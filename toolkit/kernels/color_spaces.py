"""CIE Lab of gamma-coded BGR and back, float64, by the formulas that OpenCV documents for ``COLOR_BGR2Lab``.

White point D65 (0.950456, 1, 1.088754), sRGB gamma. OpenCV's own float conversion reads L, a and b from a lookup
table of 33 steps a channel, which moves L by up to 0.2.
"""

from __future__ import annotations

import numpy as np

XYZ_OF_RGB = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
RGB_OF_XYZ = np.array(
    [[3.240479, -1.53715, -0.498535], [-0.969256, 1.875991, 0.041556], [0.055648, -0.204043, 1.057311]]
)
WHITE_XYZ = np.array([0.950456, 1.0, 1.088754])


def linear_of_gamma(coded: np.ndarray) -> np.ndarray:
    """Convert gamma-coded sRGB values, 0..1, to linear light, 0..1.

    >>> linear_of_gamma(np.array([0.0, 1.0])).tolist()
    [0.0, 1.0]
    """
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def gamma_of_linear(light: np.ndarray) -> np.ndarray:
    """Convert linear light, clipped to 0..1, to gamma-coded sRGB values, 0..1: the inverse of `linear_of_gamma`."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def cube_root(share: np.ndarray) -> np.ndarray:
    """The function f of CIE Lab: the cube root, replaced by a straight line below 0.008856."""
    return np.where(share > 0.008856, np.cbrt(share), 7.787 * share + 16 / 116)


def cubed(root: np.ndarray) -> np.ndarray:
    """The inverse of the function f of CIE Lab, `cube_root`."""
    return np.where(root > 6 / 29, root**3, (root - 16 / 116) / 7.787)


def lab_of_bgr(bgr: np.ndarray) -> np.ndarray:
    """L (0..100), a and b, float64 (H, W, 3), of BGR values 0..1.

    >>> lab_of_bgr(np.ones((1, 1, 3))).round(2).ravel()[0]
    np.float64(100.0)
    """
    x, y, z = np.moveaxis(linear_of_gamma(bgr)[:, :, ::-1] @ XYZ_OF_RGB.T / WHITE_XYZ, 2, 0)
    lightness = np.where(y > 0.008856, 116 * np.cbrt(y) - 16, 903.3 * y)
    return np.stack(
        [lightness, 500 * (cube_root(x) - cube_root(y)), 200 * (cube_root(y) - cube_root(z))], axis=2
    )


def bgr_of_lab(lab: np.ndarray) -> np.ndarray:
    """Convert CIE Lab to BGR values, clipped to 0..1."""
    lightness, a, b = np.moveaxis(lab, 2, 0)
    dark = lightness <= 8
    y = np.where(dark, lightness / 903.3, ((lightness + 16) / 116) ** 3)
    root = np.where(dark, 7.787 * y + 16 / 116, (lightness + 16) / 116)
    xyz = np.stack([cubed(root + a / 500), y, cubed(root - b / 200)], axis=2) * WHITE_XYZ
    return gamma_of_linear(xyz @ RGB_OF_XYZ.T)[:, :, ::-1]
