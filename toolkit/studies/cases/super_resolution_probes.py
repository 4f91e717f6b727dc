"""PSNR of two small super-resolution networks on the same photo, which is shrunk in two ways."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from toolkit.images.super_resolution import DEGRADATIONS, degrade, psnr_y_db
from toolkit.studies.cases.model_of_case import Model
from toolkit.studies.cases.procedure import Settings
from toolkit.studies.cases.super_resolution_judging import as_large
from toolkit.studies.cases.super_resolution_procedures import SCALE, SMALL, small, truth_of

_JUDGED: dict[str, Model] = {"fsrcnn": small(), "carn_m": small("carn_m")}


def missing_networks(settings: Settings) -> str:
    """Why FSRCNN or CARN-M cannot run with published weights, and how to get these; ``""`` if both can run."""
    whys = (replace(model, may_be_untrained=False).missing() for model in _JUDGED.values())
    return next(filter(None, whys), "")


def judged_alike(settings: Settings) -> dict[str, Any]:
    """PSNR-Y, dB, of a shrunken photo enlarged by bicubic and by each network, for two ways to shrink the photo."""
    truth, found = truth_of(settings, SMALL), {}
    shrunk = {how: degrade(truth, SCALE, how=how) for how in DEGRADATIONS}
    for how, image in shrunk.items():
        found[f"bicubic_{how}_db"] = psnr_y_db(as_large(image, truth), truth, border_px=SCALE)
    for name, model in _JUDGED.items():
        with model.opened() as kernel:
            for how, image in shrunk.items():
                found[f"{name}_{how}_db"] = psnr_y_db(kernel(image), truth, border_px=SCALE)
    return {**found, "border_px": SCALE}
