"""Composite a picture with alpha over white, or keep its alpha channel apart while an operation changes the colours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]


def over_white(colours: Pixels, alpha: Pixels) -> Pixels:
    """The picture composited over white: ``255 - (255 - value) * alpha / 255``, rounded; alpha is not premultiplied.

    Parameters
    ----------
    colours : ndarray of uint8, shape (H, W, 3)
        Colours of the picture.
    alpha : ndarray of uint8, shape (H, W)
        Alpha channel of the picture: 255 is opaque.
    """
    ink = (255 - colours) * alpha[..., None].astype(np.uint16)
    return (255 - (ink + 127) // 255).astype(np.uint8)


def colours_of(bgra: Pixels) -> Pixels:
    """The colours of a picture with alpha, as (H, W, 3); fully transparent pixels get the colours around them.

    Files often store black in transparent pixels; if the black stayed, an operation would mix the black into the
    edges of the visible part.
    """
    colours, alpha = bgra[..., :3], bgra[..., 3]
    hidden = alpha == 0
    if not hidden.any() or hidden.all():
        return np.ascontiguousarray(colours)
    weight = alpha[..., None] * np.float32(1 / 255)
    around = _spread(np.asarray(colours * weight, np.float32), np.asarray(weight, np.float32))
    return np.where(hidden[..., None], np.rint(around), colours).astype(np.uint8)


def with_alpha(output: Pixels, alpha: Pixels) -> Pixels:
    """Join a BGR output and the alpha of its input, (H, W), to BGRA; the alpha is first resized to the output's size.

    >>> with_alpha(np.zeros((4, 6, 3), np.uint8), np.full((2, 3), 200, np.uint8))[0, 0].tolist()
    [0, 0, 0, 200]
    """
    import cv2

    height, width = output.shape[:2]
    if alpha.shape != (height, width):
        is_smaller = height * width < alpha.size
        how = cv2.INTER_AREA if is_smaller else cv2.INTER_CUBIC
        alpha = np.asarray(cv2.resize(alpha, (width, height), interpolation=how), np.uint8)
    return np.dstack([output, alpha])


def _spread(weighted: npt.NDArray[np.float32], weight: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Fill pixels without weight with the mean colour of the smallest weighted neighbourhood (Gortler et al. 1996)."""
    import cv2

    height, width = weight.shape[:2]
    mean = np.asarray(weighted / np.maximum(weight, 1e-6), np.float32)
    if height == width == 1 or (weight > 0).all():
        return mean
    half = (-(-width // 2), -(-height // 2))
    fewer = [cv2.resize(one, half, interpolation=cv2.INTER_AREA) for one in (weighted, weight)]
    coarse = _spread(np.asarray(fewer[0], np.float32), np.asarray(fewer[1], np.float32)[..., None])
    behind = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    return np.where(weight > 0, mean, behind)
