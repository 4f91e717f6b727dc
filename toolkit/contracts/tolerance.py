"""Tolerances: the differences from a reference with which an output still counts as the same picture."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

from toolkit.core.choices import Precision
from toolkit.core.errors import invalid


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """Limits of the differences from a reference with which an output still counts as the same picture.

    Attributes
    ----------
    levels : int
        Largest difference between two values, in grey levels of 255, that counts as equal.
    share : float
        Least share (0..1) of values whose difference is at most `levels`.
    mean : float
        Largest allowed mean absolute difference, in grey levels.
    psnr_db : float
        Least allowed peak signal-to-noise ratio, dB.
    """

    levels: int = 1
    share: float = 0.9999
    mean: float = 0.01
    psnr_db: float = 0.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, bool) or not isinstance(value, Real):
                raise invalid(name, "a tolerance", "a number", value)


def _noise(psnr_db: float) -> Tolerance:
    """A tolerance in which single values may differ by any amount, but the picture's PSNR must reach `psnr_db`."""
    return Tolerance(levels=255, share=0.0, mean=255.0, psnr_db=psnr_db)


# How far the output of a network may differ from the reference. In fp32 no value may differ from the reference by
# more than one grey level. A lower precision adds rounding noise: the PSNR against the reference must be at least 45
# dB, for int8 35 dB.
NETWORK_TOLERANCES: dict[str, Tolerance] = {
    Precision.FP32: Tolerance(share=1.0, mean=1.0, psnr_db=60.0),
    Precision.BF16: _noise(45.0),
    Precision.FP16: _noise(45.0),
    Precision.INT8: _noise(35.0),
}
UNJUDGED = _noise(0.0)
