"""The pictures behind measured rows: what went in, what each row makes of it, and what that is held against."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from toolkit.bench.ground_truth import truth_of
from toolkit.bench.inputs import Inputs
from toolkit.bench.references import reference_trial
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.trial import Trial
from toolkit.core.params import Value
from toolkit.images.image import Image


def input_of(measurement: Measurement, photo: str) -> Image:
    """A photo as the measured row took it: cut to its size, and shrunk first where it enlarges.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3), BGR
    """
    trial = measurement.trial.with_(images=(photo,))
    with Inputs() as inputs:
        ((_, file),) = inputs.paths(trial)
        image: Image = np.load(file)
    return image


def truth_for(measurement: Measurement, photo: str) -> Image | None:
    """What the row's output for a photo should be: the photo before it was shrunk, the matte beside it, or None."""
    return truth_of(measurement.trial, photo)


def output_of(measurement: Measurement, image: Image, **params: Value) -> Image:
    """What the measured row makes of a picture, run again here and now: same backend, options, threads, precision.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3), BGR
    **params
        Parameters of the operation to change, such as the output of ``matting``.

    Raises
    ------
    UnknownName, InvalidValue, Unavailable, Unsupported, TrialFailed
    """
    return _run(measurement.trial, image, params)


def reference_for(measurement: Measurement, image: Image) -> Image:
    """What the row's picture must agree with: fp32 on the operation's reference backend."""
    return _run(reference_trial(measurement.trial), image, {})


def _run(trial: Trial, image: Image, params: Mapping[str, Value]) -> Image:
    resolved = trial.op.resolve({**dict(trial.params), **params})
    with trial.runtime.session(trial.placement) as opened:
        return trial.op.build(trial.runtime, opened, resolved, trial.placement.precision)(image)
