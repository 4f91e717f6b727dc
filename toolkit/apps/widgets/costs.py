"""The costs of a tuner's picture: time, memory, size as a file, and agreement with the reference."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from statistics import mean, pstdev

import numpy as np

from toolkit.apps.widgets.live_loop import Job
from toolkit.bench.crops import WHOLE_REFERENCE_MP, crops_of, pixels_read
from toolkit.contracts.operation import OPERATIONS
from toolkit.core import units
from toolkit.core.choices import Precision
from toolkit.images.encode import encode
from toolkit.images.image import Image
from toolkit.images.similarity import difference
from toolkit.workers.live_worker import LiveWorker, Rendered

_MOVES_KEPT = 8
_FORMATS = {"JPEG": ".jpg", "PNG": ".png", "WebP": ".webp"}


class Estimate:
    """Estimates an operation's time at full size from its time at a smaller size, corrected by past errors.

    >>> estimate = Estimate()
    >>> estimate.text(by_pixels_s=0.1)
    'about 100 ms at full size, from the number of pixels alone'
    >>> for by_pixels_s, full_s in ((0.1, 0.09), (0.2, 0.19), (0.4, 0.37)):
    ...     estimate.add(by_pixels_s=by_pixels_s, full_s=full_s)
    >>> estimate.text(by_pixels_s=0.1)
    'about 92.5 ms at full size, ± 2 % (from 3 moves)'
    """

    def __init__(self) -> None:
        self._ratios: list[float] = []

    def add(self, *, by_pixels_s: float, full_s: float) -> None:
        """Record the estimated and the actual time of a picture that a move of a slider made."""
        self._ratios = [*self._ratios, full_s / by_pixels_s][-_MOVES_KEPT:]

    def text(self, *, by_pixels_s: float) -> str:
        """The estimated time of the picture at full size with its error, in words."""
        if len(self._ratios) < 2:
            return f"about {units.seconds(by_pixels_s)} at full size, from the number of pixels alone"
        middle = mean(self._ratios)
        error = 100 * pstdev(self._ratios) / middle
        return (
            f"about {units.seconds(by_pixels_s * middle)} at full size, ± {error:.0f} % "
            f"(from {len(self._ratios)} moves)"
        )


@dataclass
class Costs:
    """The texts of the tuner's cost panel; an empty text stands for a cost that is not known yet.

    Attributes
    ----------
    here : str
        Time of the one call that made the shown picture.
    full : str
        Time of the picture at full size, measured in one call or estimated.
    memory, reference, files : str
        Peak memory of the call, agreement with the reference backend's picture, and file sizes of the picture.
    """

    here: str = ""
    full: str = ""
    memory: str = ""
    reference: str = ""
    files: str = ""
    _estimates: dict[tuple[object, ...], Estimate] = field(default_factory=dict)
    _number: int = 0
    _by_pixels_s: float | None = None

    def plain(self) -> dict[str, str]:
        """The texts of the cost panel by name."""
        names = ("here", "full", "memory", "reference", "files")
        return {name: getattr(self, name) for name in names}

    def took(self, job: Job, found: Rendered, *, is_full: bool) -> None:
        """Record the time and the memory of a new picture."""
        if job.number != self._number:
            self.memory = self.reference = self.files = ""
            self._number, self._by_pixels_s = job.number, None
        self.here = f"{units.seconds(found.took_s)} on {found.backend}, {units.threads_text(found.threads)}"
        how = job.settings
        way = (how.photo, found.backend, how.threads, how.precision)
        estimate = self._estimates.setdefault(way, Estimate())
        if is_full:
            if self._by_pixels_s is not None:
                estimate.add(by_pixels_s=self._by_pixels_s, full_s=found.took_s)
            self.full = units.seconds(found.took_s)
            self.memory = units.byte_count(found.peak_bytes) if found.peak_bytes else ""
        else:
            self._by_pixels_s = found.took_s * job.pixels / found.read_px
            self.full = estimate.text(by_pixels_s=self._by_pixels_s)


def file_sizes(image: Image) -> str:
    """Write the size of the picture's file in three formats, in words."""
    sizes = []
    for name, suffix in _FORMATS.items():
        with suppress(Exception):  # a format may not hold a picture of this size, or with alpha
            sizes.append(f"{name} {units.byte_count(len(encode(image, suffix)))}")
    return ", ".join(sizes)


def reference_text(job: Job, found: Rendered, worker: LiveWorker) -> str:
    """Write the agreement of a full picture with the reference backend's picture, in words."""
    op = OPERATIONS[job.operation]
    params = dict(job.settings.params)
    reference = op.reference_of(params)
    if found.backend == reference and job.settings.precision == Precision.FP32:
        return f"made on {reference}, which is the reference"
    how = {"backend": reference, "threads": None, "precision": str(Precision.FP32)}
    height, width = job.photo.shape[:2]
    halo = op.halo_of(params)
    crops = crops_of(height, width, halo=halo) if halo is not None else []
    if height * width <= WHOLE_REFERENCE_MP * 1e6 or not crops or pixels_read(crops) > height * width / 2:
        whole = worker.render(job.operation, params, **how).image
        return _decibels([(found.image, whole)], reference)
    scale = found.image.shape[0] // height
    pairs = []
    for crop in crops:
        (top, bottom), (left, right) = crop.rows, crop.columns
        part = worker.render(job.operation, params, **how, window=(top, left, bottom, right)).image
        pairs.append((crop.cut(found.image, scale=scale), part))
    return f"{_decibels(pairs, reference)}, compared on 16 crops"


def _decibels(pairs: list[tuple[Image, Image]], reference: str) -> str:
    own, other = (np.concatenate([pair[i] for pair in pairs]) for i in (0, 1))
    found = difference(own, other).psnr_db
    return (
        f"equal to the picture of {reference}, the reference"
        if found is None
        else f"PSNR {found:.0f} dB to the picture of {reference}, the reference"
    )
