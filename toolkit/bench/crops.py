"""Choose the crops of a large output that are compared with the reference, spread evenly over the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toolkit.contracts.trial import Trial
from toolkit.images.image import Image

_A_SIDE = 4
_SIDE_PX = 64

WHOLE_REFERENCE_MP = 4.0
"""Largest input size, MP, for which the reference output of a filter is computed for the whole picture.

A plain float64 reference takes about 5 s for each megapixel, so above this size the reference takes longer than
measuring the trial.
"""

_WORTH_SHARE = 0.5
"""Largest share of a picture that its crops, with their halos, may cover: larger crops would save too little time."""


@dataclass(frozen=True)
class Crop:
    """A crop of a picture: its rows and columns (start, stop) in px of the input, once without and once with a halo."""

    rows: tuple[int, int]
    columns: tuple[int, int]
    read_rows: tuple[int, int]
    read_columns: tuple[int, int]

    def read(self, image: Image) -> Image:
        """Cut the crop, with its halo, from an input picture."""
        return np.ascontiguousarray(image[slice(*self.read_rows), slice(*self.read_columns)])

    def kept(self, output: Image, *, scale: int) -> Image:
        """Cut the crop, without its halo, from the output that was computed from the result of `read`."""
        rows, columns = self._at(scale, self.read_rows[0], self.read_columns[0])
        return output[rows, columns]

    def cut(self, output: Image, *, scale: int) -> Image:
        """Cut the crop, without a halo, from the output for the whole picture."""
        rows, columns = self._at(scale, 0, 0)
        return output[rows, columns]

    def _at(self, scale: int, top: int, left: int) -> tuple[slice, slice]:
        (first, last), (start, stop) = self.rows, self.columns
        return slice((first - top) * scale, (last - top) * scale), slice(
            (start - left) * scale, (stop - left) * scale
        )


def crops_of(height: int, width: int, *, halo: int) -> list[Crop]:
    """Place 16 crops of equal size evenly over a picture, up to its first and last rows and columns.

    >>> crops = crops_of(2000, 3000, halo=10)
    >>> len(crops), crops[0].read_rows, crops[-1].rows, crops[-1].read_columns
    (16, (0, 74), (1936, 2000), (2926, 3000))
    """
    return [
        Crop(rows, columns, _widened(rows, halo, height), _widened(columns, halo, width))
        for rows in _spans(height)
        for columns in _spans(width)
    ]


def _spans(side: int) -> list[tuple[int, int]]:
    length = min(_SIDE_PX, side)
    return [(start, start + length) for start in np.linspace(0, side - length, _A_SIDE).astype(int).tolist()]


def _widened(span: tuple[int, int], halo: int, side: int) -> tuple[int, int]:
    return max(0, span[0] - halo), min(side, span[1] + halo)


def scale_of(trial: Trial) -> int:
    """Output side divided by input side; 0 if the output is no enlargement of the input."""
    height, width, _ = trial.op.shape(trial.height, trial.width, trial.resolved)
    scale = height // trial.height
    return scale if (height, width) == (trial.height * scale, trial.width * scale) else 0


def crops_for(trial: Trial) -> list[Crop]:
    """The crops in which the output of a trial is compared; empty if the whole output is compared.

    The whole output is compared if it is small, if its reference is no slower than the trial itself (networks), if
    other operations change the picture first, or if the operation has no halo.
    """
    is_quick = trial.op.network is not None or trial.megapixels <= WHOLE_REFERENCE_MP
    halo = None if is_quick or trial.steps else trial.op.halo_of(trial.resolved)
    if halo is None or not scale_of(trial):
        return []
    crops = crops_of(trial.height, trial.width, halo=halo)
    return crops if pixels_read(crops) <= _WORTH_SHARE * trial.width * trial.height else []


def pixels_read(crops: list[Crop]) -> int:
    """Number of input pixels from which the reference of all crops is computed, halos included."""
    spans = [(*crop.read_rows, *crop.read_columns) for crop in crops]
    return sum((bottom - top) * (right - left) for top, bottom, left, right in spans)


def together(parts: list[Image]) -> Image:
    """Stack the crops of an output, one below the other, into one picture."""
    return np.concatenate(parts)
