"""Measure the quality of an operation on pictures with ground truth, in the metrics that papers print."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from toolkit.bench.ground_truth import MATTE, SUPER_RESOLUTION, matte_of, mean, metrics
from toolkit.contracts.kernel import BuiltKernel
from toolkit.contracts.operation import OPERATIONS, Operation
from toolkit.contracts.placed import place, placement_for
from toolkit.core.choices import Device, Precision
from toolkit.core.errors import InvalidValue
from toolkit.core.params import Value
from toolkit.images.encode import SUFFIXES
from toolkit.images.image import Image, load
from toolkit.images.photos import mattes_beside
from toolkit.images.super_resolution import cut_to_multiple, degrade


@dataclass(frozen=True)
class Evaluation:
    """The metrics of each picture, in the order of the pictures.

    Attributes
    ----------
    by_picture : mapping of file name to mapping of metric to number
        The metrics of `toolkit.bench.ground_truth.metrics`; in super-resolution also ``psnr_y_db_rounded`` and
        ``ssim_y_rounded``, of luma rounded to whole levels: papers use either form (see
        `toolkit.images.super_resolution.psnr_y_db`).
    """

    by_picture: Mapping[str, Mapping[str, float]]

    @property
    def mean(self) -> dict[str, float]:
        """Mean of each metric over the pictures, as papers print it."""
        return mean(self.by_picture.values())

    @property
    def median(self) -> dict[str, float]:
        """Median of each metric over the pictures."""
        figures = list(self.by_picture.values())
        return {key: float(np.median([one[key] for one in figures])) for key in figures[0]}


def pictures_in(folder: Path) -> list[Path]:
    """The picture files of a folder, sorted, without the mattes beside them (``NAME_alpha*.png``).

    Raises
    ------
    InvalidValue
        The folder does not exist.
    """
    if not folder.is_dir():
        raise InvalidValue(f"pictures to evaluate must be in a folder; {str(folder)!r} is not a folder.")
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES and file.is_file())
    mattes = {matte for file in files for matte in mattes_beside(file)}
    return [file for file in files if file not in mattes]


def evaluate(
    operation: str,
    pictures: Sequence[Path],
    *,
    params: Mapping[str, Value] | None = None,
    backend: str | None = None,
    threads: int | None = None,
    precision: str = Precision.FP32,
    device: str = Device.CPU,
    how: str = "matlab",
) -> Evaluation:
    """Run an operation over whole pictures and compare its outputs with ground truth; nothing is timed.

    In super-resolution the pictures are the ground truth: each picture is cut to a multiple of the scale, and shrunk
    to make the input. For mattes the pictures are photos with a matte beside them (see
    `toolkit.bench.ground_truth.matte_of`).

    Parameters
    ----------
    operation : str
        Name of an operation whose `task` is super-resolution or matte.
    pictures : sequence of Path
        Picture files to evaluate, at least one.
    params, backend, threads, precision, device
        The arguments of `toolkit.apply`; the model is loaded once for all pictures.
    how : {"matlab", "opencv"}
        Method that shrinks pictures (see `toolkit.images.super_resolution.degrade`).

    Raises
    ------
    InvalidValue
        `pictures` is empty, two pictures have the same name, or a picture is too small; the operation has no ground
        truth, untrained weights, or an output other than the matte; or a photo does not have exactly one matte.
    UnknownName, Unavailable, Unsupported, TrialFailed
        The errors of `toolkit.apply`.
    """
    op = OPERATIONS[operation]
    asked = dict(params or {})
    if op.task == MATTE and any(param.name == "output" for param in op.params):
        asked.setdefault("output", "alpha")
    resolved = op.resolve(asked)
    if op.task not in (SUPER_RESOLUTION, MATTE):
        raise InvalidValue(f"{operation} has no ground truth; only super-resolution and matting have one.")
    if resolved.get("weights") == "untrained":
        raise InvalidValue(
            f"{operation} has random, untrained weights: the quality of its pictures cannot be judged."
        )
    if resolved.get("output", "alpha") != "alpha":
        raise InvalidValue(
            f"evaluating {operation} needs output=alpha, to compare with mattes; got {resolved['output']}."
        )
    if not pictures:
        raise InvalidValue(f"evaluating {operation} needs at least one picture; got none.")
    name, count = Counter(picture.name for picture in pictures).most_common(1)[0]
    if count > 1:
        raise InvalidValue(f"pictures to evaluate need different file names; got {name!r} {count} times.")
    scale = op.shape(1, 1, resolved)[0]
    first, _ = _input_and_truth(op, pictures[0], scale, how)
    placement, are_asked = placement_for(threads, precision, device), threads is not None
    with place(op, first, resolved, backend, placement, are_threads_asked=are_asked).opened() as kernel:
        return Evaluation({file.name: _figures(op, kernel, file, scale, how) for file in pictures})


def _figures(op: Operation, kernel: BuiltKernel, picture: Path, scale: int, how: str) -> dict[str, float]:
    image, truth = _input_and_truth(op, picture, scale, how)
    output = kernel(image)
    found = metrics(op.task, output, truth, border_px=scale)
    if op.task == SUPER_RESOLUTION:
        rounded = metrics(op.task, output, truth, border_px=scale, rounded=True)
        found |= {f"{key}_rounded": value for key, value in rounded.items()}
    return found


def _input_and_truth(op: Operation, picture: Path, scale: int, how: str) -> tuple[Image, Image]:
    if op.task == SUPER_RESOLUTION:
        whole = load(picture)
        height, width = whole.shape[:2]
        least_px = 3 * scale  # the metrics ignore a border as wide as the scale on each side
        if min(height, width) < least_px:
            raise InvalidValue(
                f"{str(picture)!r} must be at least {least_px} px on each side to evaluate {op.name} at scale "
                f"{scale}; got {width} x {height} px."
            )
        truth = cut_to_multiple(whole, scale)
        return degrade(truth, scale, how=how), truth
    matte = matte_of(picture)
    if matte is None:
        raise InvalidValue(
            f"{str(picture)!r} must have exactly one matte in the same folder, {picture.stem}_alpha*.png."
        )
    return load(picture), matte
