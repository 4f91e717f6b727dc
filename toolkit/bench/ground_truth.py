"""Find the ground truth for super-resolution and matting, and compute the metrics that papers report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike

import numpy as np

from toolkit.contracts.trial import Trial
from toolkit.core.errors import InvalidValue
from toolkit.images.image import Image, load
from toolkit.images.matte_quality import matte_quality
from toolkit.images.photos import at_size, mattes_beside, photo, photo_file
from toolkit.images.super_resolution import psnr_y_db, ssim_y

SUPER_RESOLUTION, MATTE = "super-resolution", "matte"
_BGRA = 4  # number of channels of a picture with alpha

# PSNR, dB, that is stored for identical pictures. The real PSNR is infinite, which JSON and a mean cannot express.
_IDENTICAL_DB = 100.0
# Largest output, MP, that is compared with a ground truth (12 MP enlarged three times has 108 MP). Comparing a larger
# output would take longer than measuring the trial.
_MOST_MP = 120.0


def enlargement(trial: Trial) -> int:
    """The factor by which a photo is shrunk to make the input of a super-resolution trial.

    The ground truth is then the photo that was shrunk. The factor is 1 (photo not shrunk) for other tasks than
    super-resolution, and for outputs above 120 MP.
    """
    if trial.op.task != SUPER_RESOLUTION:
        return 1
    height, width, _ = trial.op.shape(trial.height, trial.width, trial.resolved)
    scale = height // trial.height
    is_whole = (height, width) == (scale * trial.height, scale * trial.width)
    return scale if is_whole and height * width <= _MOST_MP * 1e6 else 1


def truth_of(trial: Trial, name: str) -> Image | None:
    """The ground truth of a trial's output for a photo; None if there is no ground truth.

    For super-resolution, the ground truth is the photo before it was shrunk; for a matte, the matte file in the folder
    of the photo (`matte_of`). A trial with pre-steps (operations before the main operation) has no ground truth.

    Raises
    ------
    InvalidValue
        The matte has another size than its photo, or is in colour.
    """
    if trial.steps:
        return None
    scale = enlargement(trial)
    if scale > 1:
        return at_size(photo(name), scale * trial.width, scale * trial.height)[0]
    if trial.op.task != MATTE or trial.resolved.get("output", "alpha") not in ("alpha", "cutout"):
        return None
    matte = matte_of(name)
    return None if matte is None else at_size(matte, trial.width, trial.height)[0]


def matte_of(name_or_path: str | PathLike[str]) -> Image | None:
    """The matte for a photo ``NAME.jpg``: the only file ``NAME_alpha*.png`` in the same folder.

    Returns
    -------
    ndarray of uint8, shape (H, W, 1), or None
        None if there is no such file, or if there are several such files.

    Raises
    ------
    InvalidValue
        The matte has another size than its photo, or is in colour.
    """
    file = photo_file(name_or_path)
    beside = mattes_beside(file)
    if len(beside) != 1:
        return None
    matte, (height, width) = load(beside[0]), load(file).shape[:2]
    if matte.shape[:2] != (height, width):
        raise InvalidValue(
            f"the matte {str(beside[0])!r} must have the size of its photo, {width} x {height} px; "
            f"got {matte.shape[1]} x {matte.shape[0]} px."
        )
    if not (matte == matte[..., :1]).all():
        raise InvalidValue(f"the matte {str(beside[0])!r} must be grey; got a picture in colour.")
    return np.ascontiguousarray(matte[..., :1])


def quality_of(trial: Trial, output: Image, truth: Image | None) -> dict[str, float]:
    """Metrics of a timed output against its ground truth; empty without a ground truth of its shape or trained weights.

    For a cutout, the alpha channel is compared as its matte.
    """
    if trial.op.task == MATTE and output.shape[2] == _BGRA:
        output = np.ascontiguousarray(output[..., 3:])
    if truth is None or output.shape != truth.shape or trial.is_untrained:
        return {}
    return metrics(trial.op.task, output, truth, border_px=enlargement(trial))


def metrics(
    task: str, output: Image, truth: Image, *, border_px: int, rounded: bool = False
) -> dict[str, float]:
    """Compute the metrics that papers on a task report.

    Parameters
    ----------
    task : {"super-resolution", "matte"}
        Kind of the output, which decides the metrics.
    border_px : int
        Margin to ignore on every side of the pictures in super-resolution, px; in papers the margin equals the scale.
    rounded : bool
        Whether luma is rounded to whole levels first (see `psnr_y_db`).

    Returns
    -------
    dict
        ``psnr_y_db`` (at most 100) and ``ssim_y``, empty if no pixel is left inside the border; or ``sad``, ``mse``,
        ``mad``, ``grad`` and ``conn``, in the units of `matte_quality`.
    """
    if task == MATTE:
        return matte_quality(output, truth)
    if min(truth.shape[:2]) <= 2 * border_px:
        return {}
    return {
        "psnr_y_db": min(psnr_y_db(output, truth, border_px=border_px, rounded=rounded), _IDENTICAL_DB),
        "ssim_y": ssim_y(output, truth, border_px=border_px, rounded=rounded),
    }


def mean(each: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each metric over pictures, as papers print such means; empty for no pictures.

    >>> mean([{"psnr_y_db": 30.0}, {"psnr_y_db": 33.0}])
    {'psnr_y_db': 31.5}
    """
    known = list(each)
    return {key: float(np.mean([one[key] for one in known])) for key in (known[0] if known else ())}
