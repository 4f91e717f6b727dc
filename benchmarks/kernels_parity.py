"""Differences of the kernels from OpenCV, where OpenCV is right, and from the float64 references."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.kernels.pictures import CASES, KERNELS, OPENCV, REFERENCES
from toolkit.images.image import Image
from toolkit.images.photos import at_size

# OpenCV's own defaults: where Atelier's differ, they are a preset.
DEFAULTS = tuple(case for case in CASES if set(case[1]) <= {"preset", "flags"})
COLOR_SKETCH = ("pencil_sketch", {"tone": "color", "preset": "opencv"})
SIZES_ABOVE_OPENCV = ((3000, 2250), (4032, 3024), (5656, 4242))
SIZE_WITHIN_OPENCV = (2304, 1728)
SMALL = (768, 576)


@dataclass(frozen=True)
class Parity:
    """One comparison.

    Attributes
    ----------
    against, what, size : str
        What our picture is compared with; the style and its parameters; the photo and its size.
    largest : int
        Largest difference of a pixel that is not excluded, grey levels.
    share : float
        Share of pixels, without the excluded ones, that differ by more than the allowed levels.
    mean : float
        Mean difference, grey levels.
    arbitrated : float
        Share of excluded pixels: there OpenCV itself differs from the reference by more than the allowed levels.
    allowed_share, allowed_levels, allowed_mean : float
        The limits.
    """

    against: str
    what: str
    size: str
    largest: int
    share: float
    mean: float
    arbitrated: float
    allowed_share: float
    allowed_levels: int
    allowed_mean: float

    @property
    def is_kept(self) -> bool:
        return (
            self.share <= self.allowed_share
            and self.largest <= self.allowed_levels
            and self.mean < self.allowed_mean
        )


def against_opencv(photographs: dict[str, Image], *, at_both_ends: bool) -> Iterator[Parity]:
    """Every style with default parameters at 4 MP and, if asked for, at both ends of its parameters at 0.4 MP."""
    for name, photograph in photographs.items():
        large, small = at_size(photograph, *SIZE_WITHIN_OPENCV)[0], at_size(photograph, *SMALL)[0]
        for style, params in (*DEFAULTS, COLOR_SKETCH):
            yield _opencv_parity(style, params, name, large)
        for style, params in CASES:
            if params and at_both_ends:
                yield _opencv_parity(style, params, name, small)


def against_reference(photographs: dict[str, Image], sizes: tuple[tuple[int, int], ...]) -> Iterator[Parity]:
    """Every style with default parameters at sizes where OpenCV is wrong; each size takes the next photo."""
    names = list(photographs)
    for i, size in enumerate(sizes):
        name = names[i % len(names)]
        image, _ = at_size(photographs[name], *size)
        for style, params in DEFAULTS:
            reference = REFERENCES[style](image, **params)
            apart = _levels_apart(KERNELS[style](image, **params), reference)
            yield Parity(
                "float64 reference",
                _written(style, params),
                _size(name, image),
                int(apart.max()),
                float(np.mean(apart.max(axis=2) > 1)),
                float(apart.mean()),
                0.0,
                allowed_share=1e-4,
                allowed_levels=255,
                allowed_mean=0.01,
            )


def _opencv_parity(style: str, params: dict[str, Any], name: str, image: Image) -> Parity:
    levels, share = (2, 1e-4) if style == "detail_enhance" else (1, 1e-5)
    theirs, reference = OPENCV[style](image, **params), REFERENCES[style](image, **params)
    ours = KERNELS[style](image, **params)
    apart, theirs_apart = _levels_apart(ours, theirs), _levels_apart(theirs, reference)
    counts = theirs_apart.max(axis=2) <= levels
    # OpenCV's rounding errors decide ties between two levels, so its own mean difference is subtracted.
    mean = max(0.0, float(apart.mean() - theirs_apart.mean()))
    return Parity(
        "OpenCV",
        _written(style, params),
        _size(name, image),
        int(apart[counts].max(initial=0)),
        float(np.mean(apart.max(axis=2)[counts] > levels)),
        mean,
        float(np.mean(~counts)),
        allowed_share=share,
        allowed_levels=255 if style == "detail_enhance" else 3,
        allowed_mean=0.01,
    )


def _levels_apart(a: Image, b: Image) -> np.ndarray:
    return np.abs(a.astype(np.int16) - b.astype(np.int16))


def _written(style: str, params: dict[str, Any]) -> str:
    return ":".join([style, ",".join(f"{key}={value}" for key, value in params.items())]).rstrip(":")


def _size(name: str, image: Image) -> str:
    return f"{name} {image.shape[1] * image.shape[0] / 1e6:.2f} MP"
