"""Compute the pictures of a measurement again: input, output, reference, ground truth, and OpenCV's wrong output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from toolkit.bench.ground_truth import truth_of
from toolkit.bench.inputs import Inputs
from toolkit.bench.references import reference_trial
from toolkit.contracts.apply import apply
from toolkit.contracts.backend import BACKENDS, Placement
from toolkit.contracts.operation import OPERATIONS
from toolkit.contracts.placed import Placed
from toolkit.contracts.trial import Trial
from toolkit.core.params import Value
from toolkit.images.image import Image
from toolkit.images.photos import at_size, photo, size_for
from toolkit.machine.hardware import allowed_cpus
from toolkit.results.rows.summarising import Measured


def input_of(row: Measured, photo: str) -> Image:
    """The input that a measurement made from a photo: cropped to the measured size, shrunk if the operation enlarges.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3), BGR
        The picture on which the operation ran.
    """
    trial = row.trial.with_(images=(photo,))
    with Inputs() as inputs:
        ((_, file),) = inputs.paths(trial)
        image: Image = np.load(file)
    return image


def truth_for(row: Measured, photo: str) -> Image | None:
    """The ground truth for a photo: the photo before shrinking, or its matte file; None without ground truth."""
    return truth_of(row.trial, photo)


def output_of(row: Measured, image: Image, **params: Value) -> Image:
    """The output for a picture, computed now with the backend, options, threads and precision of the measurement.

    A wrong output is returned unchanged, even an empty picture.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3), BGR
        The picture on which the operation runs.
    **params
        Parameters of the operation to change, such as the output of ``matting``.

    Raises
    ------
    UnknownName, InvalidValue, Unavailable, Unsupported, TrialFailed
        A parameter is not valid, or the operation cannot run or fails, as in `toolkit.apply`.
    """
    return _run(row.trial, image, params)


def reference_for(row: Measured, image: Image) -> Image:
    """The reference output for a picture, computed in fp32 on the operation's reference backend."""
    return _run(reference_trial(row.trial), image, {})


def right_and_wrong(operation: str, name: str, *, megapixels: float) -> tuple[Image, Image]:
    """The output of the operation's preferred backend, and OpenCV's output, even if it is wrong at this size.

    Parameters
    ----------
    operation, name : str
        Names of the operation and the photo.
    megapixels : float
        Size of the input, MP; its sides are 4:3. A smaller photo is mirror-tiled to this size.

    Returns
    -------
    (right, wrong)
        The two outputs, each uint8 (H, W, 3), BGR.
    """
    op = OPERATIONS[operation]
    image, _ = at_size(photo(name), *size_for(megapixels))
    placed = Placed(op, op.resolve({}), BACKENDS["opencv"], Placement(threads=allowed_cpus()))
    with placed.opened(may_be_empty=True) as kernel:
        wrong = kernel(image)
    return apply(operation, image), wrong


def _run(trial: Trial, image: Image, params: Mapping[str, Value]) -> Image:
    changed = {**trial.resolved, **params}
    with replace(trial.placed, params=trial.op.resolve(changed)).opened(may_be_empty=True) as kernel:
        return kernel(image)
