"""How super-resolution papers judge: the degraded input, and PSNR on the luma with the border cut."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import InvalidValue
from toolkit.core.image import Image

_KERNEL_RADIUS = 2.0  # of the cubic kernel, in px of the coarser grid

# ITU-R BT.601, studio range 16..235, of BGR 0..255: MATLAB's rgb2ycbcr, which the papers use.
_STUDIO_LUMA = np.array([24.966, 128.553, 65.481]) / 255.0


def degrade(image: Image, scale: int) -> Image:
    """The low-resolution picture that a super-resolution paper would start from.

    The picture is cut at the bottom and right to multiples of `scale`, then shrunk by `imresize`.

    Examples
    --------
    >>> import numpy as np
    >>> degrade(np.full((7, 10, 3), 90, np.uint8), 3).shape
    (2, 3, 3)
    """
    whole = cut_to_multiple(image, scale)
    return imresize(whole, height=whole.shape[0] // scale, width=whole.shape[1] // scale)


def cut_to_multiple(image: Image, scale: int) -> Image:
    """The top left part whose height and width are multiples of `scale`."""
    height, width = (side - side % scale for side in image.shape[:2])
    if not height or not width:
        raise InvalidValue(
            f"a picture to shrink {scale} times must have {scale} px a side; got {image.shape[:2]}."
        )
    return np.ascontiguousarray(image[:height, :width])


def imresize(image: Image, *, height: int, width: int) -> Image:
    """Resize as MATLAB's ``imresize(image, [height width])`` does: bicubic, antialiased when it shrinks.

    The cubic convolution kernel (Keys 1981, a = -0.5) is stretched by the shrinking factor, which is what
    ``cv2.resize(..., INTER_CUBIC)`` leaves out: its small pictures alias, and PSNR on them is another figure.
    Edges are mirrored; rows, then columns are resized, each rounded to uint8.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, C)

    Returns
    -------
    ndarray of uint8, shape (height, width, C)

    Examples
    --------
    >>> import numpy as np
    >>> ramp = np.arange(8, dtype=np.uint8).reshape(1, 8, 1) * 30
    >>> imresize(ramp, height=1, width=4)[0, :, 0].tolist()
    [13, 75, 135, 197]
    """
    rows = _resize_rows(image, height)
    return np.ascontiguousarray(_resize_rows(rows.swapaxes(0, 1), width).swapaxes(0, 1))


def psnr_y_db(output: Image, truth: Image, *, border_px: int, rounded: bool = False) -> float:
    """PSNR in dB of the studio-range luma, `border_px` cut on every side (papers cut `scale` px).

    Infinite for pictures of equal luma. The luma spans 219 levels and the peak is 255, as in the papers: that
    alone gives 1.3 dB more than the full-range luma of OpenCV's YCrCb.

    Parameters
    ----------
    output, truth : ndarray of uint8, shape (H, W, 3), BGR
    border_px : int
    rounded : bool
        Round the luma to whole levels, as MATLAB's ``rgb2ycbcr`` does to uint8 pictures and so many papers' scripts:
        0.08 dB less at 37.6 dB.

    Raises
    ------
    InvalidValue
        The shapes differ, or nothing is left inside the border.
    """
    if output.shape != truth.shape:
        raise InvalidValue(f"pictures to compare must have one shape; got {output.shape} and {truth.shape}.")
    if min(output.shape[:2]) <= 2 * border_px:
        raise InvalidValue(
            f"nothing is left of {output.shape[:2]} px when {border_px} px are cut on every side."
        )
    inside = np.s_[border_px : output.shape[0] - border_px, border_px : output.shape[1] - border_px]
    luma, true_luma = (picture[inside] @ _STUDIO_LUMA + 16 for picture in (output, truth))
    error = np.rint(luma) - np.rint(true_luma) if rounded else luma - true_luma
    mean_square = float(np.mean(error**2))
    return math.inf if mean_square == 0 else 10 * math.log10(255**2 / mean_square)


def _resize_rows(image: Image, count: int) -> Image:
    """Resize along the first axis to `count` rows."""
    length = image.shape[0]
    stretch = max(length / count, 1.0)
    radius = _KERNEL_RADIUS * stretch
    # Where the centres of the new rows lie among the old ones.
    centres = (np.arange(count) + 0.5) * length / count - 0.5
    first = np.floor(centres - radius).astype(np.intp) + 1
    taps = first[:, None] + np.arange(int(2 * radius) + 1)
    weights = _cubic((centres[:, None] - taps) / stretch)
    weights /= weights.sum(axis=1, keepdims=True)
    mirrored = taps % (2 * length)
    mirrored = np.where(mirrored < length, mirrored, 2 * length - 1 - mirrored)
    total = np.zeros((count, *image.shape[1:]))
    for column in range(taps.shape[1]):
        total += weights[:, column, None, None] * image[mirrored[:, column]]
    # MATLAB rounds halves up; the sum of weights may miss a half by a float's last digit.
    return np.clip(np.floor(total + 0.5 + 1e-9), 0, 255).astype(np.uint8)


def _cubic(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    x = np.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    kernel: npt.NDArray[np.float64] = np.where(x <= 1, near, np.where(x < 2, far, 0.0))
    return kernel
