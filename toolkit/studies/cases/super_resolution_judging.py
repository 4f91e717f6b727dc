"""Judge super-resolution pictures: PSNR-Y against the photo, and agreement with the reference procedure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from toolkit.core import units
from toolkit.images.image import Image
from toolkit.images.imresize import imresize
from toolkit.images.similarity import difference
from toolkit.images.super_resolution import psnr_y_db
from toolkit.results.pictures.windows import Window, most_detailed
from toolkit.studies.cases.case import Judged, Pictures
from toolkit.studies.cases.procedure import Settings
from toolkit.studies.cases.super_resolution_procedures import SCALE, input_of, truth_of

AGREES_DB = 40.0
"""Pictures of two runtimes agree if their PSNR against each other is at least this value, dB."""


def judge_enlarged(
    pictures: Pictures,
    settings: Settings,
    *,
    which: Mapping[str, str],
    untrained: Sequence[str],
    agrees_with: Mapping[str, str],
) -> Mapping[str, Judged]:
    """PSNR-Y of each trained network's picture against the photo, and whether the picture agrees with its reference.

    Parameters
    ----------
    which : mapping of procedure to ``edsr`` or ``small``
        The size of each procedure's picture; procedures without an entry, such as folders, are not judged.
    untrained : sequence of str
        Procedures with random weights from a seed, whose picture is noise.
    agrees_with : mapping of procedure to procedure
        For each procedure, the reference procedure with whose picture its picture must agree.
    """
    found = {}
    for name, drawn in pictures.items():
        if name not in which or "picture" not in drawn:
            continue
        picture = drawn["picture"]
        usual = pictures.get(agrees_with.get(name, ""), {}).get("picture")
        db = None if usual is None or usual.shape != picture.shape else difference(picture, usual).psnr_db
        is_wrong = db is not None and db < AGREES_DB
        said = _agreement(usual, db, is_wrong=is_wrong)
        if name in untrained:
            found[name] = Judged(
                {}, "; ".join(filter(None, ("untrained: the picture is noise", said))), is_wrong
            )
            continue
        truth = truth_of(settings, which[name])
        psnr = psnr_y_db(as_large(picture, truth), truth, border_px=SCALE)
        words = "PSNR-Y against the photo"
        found[name] = Judged(
            {"picture": psnr if math.isfinite(psnr) else None},
            "; ".join(filter(None, (said, words))),
            is_wrong,
        )
    return found


def _agreement(usual: Image | None, db: float | None, *, is_wrong: bool) -> str:
    if usual is None:
        return ""
    if is_wrong:
        return "the picture disagrees with the picture of the reference procedure"
    how = "is equal to" if db is None else "agrees with"
    return f"the picture {how} the picture of the reference procedure"


def as_large(picture: Image, truth: Image) -> Image:
    """A picture at the size of the photo `truth`; a smaller picture is enlarged with MATLAB's bicubic."""
    if picture.shape == truth.shape:
        return picture
    return imresize(picture, height=truth.shape[0], width=truth.shape[1])


def crops_of(
    pictures: Pictures, settings: Settings, shown: Mapping[str, tuple[str, str]], *, side_px: int = 150
) -> dict[str, Image]:
    """Crops with the most detail: of the photo, of its bicubic enlargement, and of each shown procedure's picture.

    Parameters
    ----------
    shown : mapping of procedure to its size and caption
        For each procedure whose picture is shown: which size the picture has, and its caption.
    """
    found: dict[str, Image] = {}
    for name, (which, caption) in shown.items():
        if name not in pictures:
            continue
        truth = truth_of(settings, which)
        window = window_of(truth, side_px=side_px)
        if not found:
            bicubic = as_large(input_of(settings, which), truth)
            psnr = units.decibels(psnr_y_db(bicubic, truth, border_px=SCALE))
            found["the photo"] = window.cut(truth)
            found[f"bicubic\n{psnr}"] = window.cut(bicubic)
        found[caption] = window.cut(as_large(pictures[name]["picture"], truth))
    return found


def window_of(truth: Image, *, side_px: int = 150) -> Window:
    """The square part of a photo with the most detail, which the case's page shows."""
    return most_detailed(truth, side=min(side_px, *truth.shape[:2]))
