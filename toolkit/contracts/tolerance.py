"""How far an output may be from its reference and still be the same picture."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """How far an output may be from its reference and still be the same picture.

    Attributes
    ----------
    levels : int
        Largest difference, in grey levels of 255, that counts as equal.
    share : float
        Share of values that must be equal, 0..1.
    mean : float
        Largest mean absolute difference, in grey levels.
    psnr_db : float
        Least peak signal-to-noise ratio, dB.
    """

    levels: int = 1
    share: float = 0.9999
    mean: float = 0.01
    psnr_db: float = 0.0


# Of networks, by precision: fp32 must be the same picture, a reduced precision may cost a stated noise.
_ANY = {"levels": 255, "share": 0.0, "mean": 255.0}
NETWORK_TOLERANCES = {
    "fp32": Tolerance(share=1.0, mean=1.0, psnr_db=60.0),
    "bf16": Tolerance(**_ANY, psnr_db=45.0),  # type: ignore[arg-type]
    "fp16": Tolerance(**_ANY, psnr_db=45.0),  # type: ignore[arg-type]
    "int8": Tolerance(**_ANY, psnr_db=35.0),  # type: ignore[arg-type]
}
UNJUDGED = Tolerance(**_ANY)  # type: ignore[arg-type]
