"""Quality as super-resolution papers measure it: the degraded input, PSNR and SSIM on the luma without the border."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import InvalidValue, invalid
from toolkit.images.image import Image
from toolkit.images.imresize import imresize
from toolkit.images.luma import STUDIO_RANGE
from toolkit.images.similarity import check_same_shape, ssim

DEGRADATIONS = ("matlab", "opencv")

_STRIP_ROWS = 512  # number of rows computed at a time, which limits the memory for luma planes


def degrade(image: Image, scale: int, *, how: str = "matlab") -> Image:
    """The low-resolution input that super-resolution papers make of a picture.

    The picture is cropped at the bottom and right to multiples of `scale`, then shrunk.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, C)
        The picture in full resolution.
    scale : int
        Factor by which height and width are divided.
    how : {"matlab", "opencv"}
        ``"matlab"`` is MATLAB's antialiased ``imresize``, which papers use. ``"opencv"`` is ``cv2.resize`` with
        ``INTER_CUBIC``, which is not antialiased and which many training scripts use; a PSNR of pictures shrunk by
        OpenCV differs from a PSNR of pictures shrunk by MATLAB.

    Returns
    -------
    ndarray of uint8, shape (H // scale, W // scale, C)
        The picture in low resolution.

    Raises
    ------
    InvalidValue
        The picture has fewer than `scale` pixels on a side, or `how` is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> degrade(np.full((7, 10, 3), 90, np.uint8), 3).shape
    (2, 3, 3)
    """
    if how not in DEGRADATIONS:
        raise invalid("how", "degrade", f"one of {', '.join(DEGRADATIONS)}", how)
    whole = cut_to_multiple(image, scale)
    height, width = whole.shape[0] // scale, whole.shape[1] // scale
    if how == "matlab":
        return imresize(whole, height=height, width=width)
    import cv2

    small = cv2.resize(whole, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(small, np.uint8).reshape(height, width, image.shape[2])


def cut_to_multiple(image: Image, scale: int) -> Image:
    """The largest top left part of a picture whose height and width are multiples of `scale`."""
    height, width = (side - side % scale for side in image.shape[:2])
    if not height or not width:
        raise InvalidValue(
            f"a picture that is shrunk by {scale} must have sides of at least {scale} px; got {image.shape[:2]}."
        )
    return np.ascontiguousarray(image[:height, :width])


def psnr_y_db(output: Image, truth: Image, *, border_px: int, rounded: bool = False) -> float:
    """PSNR in dB of the studio-range luma, without a border of `border_px` (`scale` px in papers).

    The PSNR is infinite for pictures with equal luma. The luma spans 219 levels and the peak is 255, as in the papers;
    the full-range luma of OpenCV's YCrCb gives 1.3 dB less.

    Parameters
    ----------
    output, truth : ndarray of uint8, shape (H, W, 3), BGR
        The picture to judge, and the ground truth.
    border_px : int
        Number of rows and columns to ignore at each side of the pictures.
    rounded : bool
        Whether the luma is rounded to whole levels, as by MATLAB's ``rgb2ycbcr`` for uint8 pictures. Rounding lowers
        a PSNR of 37.6 dB by 0.08 dB. The figures in CARN's paper are computed from rounded luma (its authors use the
        script of SelfExSR); the figures of the files for ``cv2.dnn_superres`` and the well-known 30.40 dB of bicubic
        (Set5, x3) are computed without rounding.

    Raises
    ------
    InvalidValue
        The pictures differ in shape, or no pixel is left inside the border.
    """
    output, truth = _inside(output, truth, border_px)
    squares = 0.0
    for top in range(0, output.shape[0], _STRIP_ROWS):
        rows = np.s_[top : top + _STRIP_ROWS]
        error = _studio_luma(output[rows], rounded) - _studio_luma(truth[rows], rounded)
        squares += float(np.sum(error**2))
    pixels = output.shape[0] * output.shape[1]
    return math.inf if squares == 0 else 10 * math.log10(255**2 * pixels / squares)


def ssim_y(output: Image, truth: Image, *, border_px: int, rounded: bool = False) -> float:
    """SSIM of the studio-range luma, -1..1, without a border of `border_px`; the parameters are those of `psnr_y_db`.

    Window and constants are those of `toolkit.images.similarity.ssim`, with a range of 255, as in the papers' scripts.

    Raises
    ------
    InvalidValue
        The pictures differ in shape, or no pixel is left inside the border.
    """
    output, truth = _inside(output, truth, border_px)
    return ssim(output, truth, luma=lambda image: _studio_luma(image, rounded).astype(np.float32))


def _inside(output: Image, truth: Image, border_px: int) -> tuple[Image, Image]:
    """The two pictures that are compared, without their borders."""
    check_same_shape(output, truth)
    height, width = output.shape[:2]
    if min(height, width) <= 2 * border_px:
        raise InvalidValue(
            f"pictures to compare must be larger than {2 * border_px} px a side; got {output.shape[:2]}."
        )
    inside = np.s_[border_px : height - border_px, border_px : width - border_px]
    return output[inside], truth[inside]


def _studio_luma(image: Image, rounded: bool) -> npt.NDArray[np.float64]:
    luma = image @ STUDIO_RANGE + 16
    return np.rint(luma) if rounded else luma
