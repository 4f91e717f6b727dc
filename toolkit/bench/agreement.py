"""Compare an output with its reference, within a tolerance, and measure how much quality a shrunken input costs."""

from __future__ import annotations

import numpy as np

from toolkit.contracts.measurement import Agreement
from toolkit.contracts.tolerance import UNJUDGED, Tolerance
from toolkit.images.image import Image
from toolkit.images.similarity import difference, ssim


def agreement(output: Image, reference: Image, *, tolerance: Tolerance, backend: str) -> Agreement:
    """Compare an output with its reference: whether both are the same picture within `tolerance`, and how they differ.

    For pictures of four channels, colour and alpha are compared separately, and the larger difference counts.

    Parameters
    ----------
    backend : str
        Name of the backend that computed `reference`.
    """
    if output.shape != reference.shape:
        return Agreement(
            agrees=False,
            max_abs=255,
            mean_abs=255.0,
            beyond_share=1.0,
            psnr_db=0.0,
            ssim=0.0,
            reference=backend,
        )
    each = [difference(*part, levels=tolerance.levels) for part in _parts(output, reference)]
    psnrs_db = [found.psnr_db for found in each if found.psnr_db is not None]
    worst_db = min(psnrs_db, default=None)
    beyond_share = max(found.beyond_share for found in each)
    mean_abs = max(found.mean_abs for found in each)
    return Agreement(
        agrees=beyond_share <= 1 - tolerance.share
        and mean_abs <= tolerance.mean
        and (worst_db is None or worst_db >= tolerance.psnr_db),
        max_abs=max(found.max_abs for found in each),
        mean_abs=mean_abs,
        beyond_share=beyond_share,
        psnr_db=worst_db,
        ssim=1.0 if worst_db is None else min(ssim(*part) for part in _parts(output, reference)),
        reference=backend,
    )


def _parts(a: Image, b: Image) -> list[tuple[Image, Image]]:
    """Split two pictures into pairs to compare: one pair without alpha, otherwise one pair each of colour and alpha.

    Only the alpha of a cutout can be wrong, as the colour of a cutout is copied from the photo. A mean over all four
    channels would divide an error of alpha by four (6 dB), and SSIM, computed from luma, would ignore the error.
    """
    if a.shape[2] != 4:
        return [(a, b)]
    return [(a[..., :3], b[..., :3]), (a[..., 3:], b[..., 3:])]


def against_full_size(output: Image, full: Image) -> dict[str, float]:
    """Measure how much quality a shrunken input costs: compare the enlarged output (bicubic) with the full-size result.

    Returns
    -------
    dict
        PSNR, dB, and structural similarity of the two pictures: ``psnr_db`` (100 if identical) and ``ssim``.
    """
    import cv2

    height, width = full.shape[:2]
    resized = cv2.resize(output, (width, height), interpolation=cv2.INTER_CUBIC)
    enlarged = np.asarray(resized, np.uint8).reshape(full.shape)
    found = agreement(enlarged, full, tolerance=UNJUDGED, backend="")
    return {"psnr_db": 100.0 if found.psnr_db is None else found.psnr_db, "ssim": found.ssim}
