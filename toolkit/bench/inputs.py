"""Make the input pictures of trials: crop or repeat each photo to the input size, and save the result for workers.

For super-resolution, a photo is cropped or repeated to the output size and then shrunk as in papers (MATLAB's bicubic
method); the photo before shrinking is the ground truth.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np

from toolkit.bench.ground_truth import enlargement
from toolkit.contracts.trial import Trial
from toolkit.images.image import Image, content_hash
from toolkit.images.photos import at_size, photo
from toolkit.images.super_resolution import degrade

_PREFIX = "atelier-inputs-"


class Inputs:
    """A context manager for a temporary folder of input pictures, which it deletes at the end.

    If a process is killed, its folder stays; the next process that makes an `Inputs` deletes the folder. Each process
    holds a lock on its folder, which the system frees when the process ends: folders without a lock can be deleted.
    """

    def __init__(self) -> None:
        _remove_abandoned()
        self._folder = tempfile.TemporaryDirectory(prefix=_PREFIX)
        self._lock = _locked(self.folder)
        self._made: dict[tuple[str, int, int, int], tuple[Path, str, str]] = {}

    @property
    def folder(self) -> Path:
        """The temporary folder of the input pictures, to which workers also write their outputs."""
        return Path(self._folder.name)

    def paths(self, trial: Trial) -> list[tuple[str, str]]:
        """For each input picture of `trial`, the name of its photo and the path of its file."""
        return [(name, str(self._entry(trial, name)[0])) for name in trial.images]

    def note(self, trial: Trial) -> str:
        """A text that says how the input pictures of `trial` were made from the photos.

        The text is ``"cropped"``, ``"mirror-tiled"`` (repeated, every second copy mirrored), both, or ``""`` for whole
        photos. For super-resolution, ``"degraded x3 (MATLAB bicubic) from cropped photos"`` means that cropped photos
        were shrunk to a third of their height and width with MATLAB's bicubic method.
        """
        notes = {self._entry(trial, name)[1] for name in trial.images}
        reached, scale = " and ".join(sorted(filter(None, notes))), enlargement(trial)
        if scale == 1:
            return reached
        return f"degraded x{scale} (MATLAB bicubic) from {reached or 'whole'} photos"

    def hash(self, trial: Trial, name: str) -> str:
        """Hash of the pixels of the input picture that is made from the photo `name` for `trial`."""
        return self._entry(trial, name)[2]

    def _entry(self, trial: Trial, name: str) -> tuple[Path, str, str]:
        scale = enlargement(trial)
        key = (name, trial.width, trial.height, scale)
        if key not in self._made:
            image, note = at_size(photo(name), scale * trial.width, scale * trial.height)
            if scale > 1:
                image = degrade(image, scale)
            path = self.folder / f"input-{len(self._made)}.npy"
            np.save(path, image)
            self._made[key] = (path, note, content_hash(image))
        return self._made[key]

    def __enter__(self) -> Inputs:
        return self

    def __exit__(self, *error: object) -> None:
        self._folder.cleanup()
        if self._lock is not None:
            os.close(self._lock)


def _remove_abandoned() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        lock = _locked(folder)
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _locked(folder: Path) -> int | None:
    """Lock `folder` and return its descriptor; None if another process holds the lock or another user owns `folder`."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def load_output(path: Path) -> Image:
    """Read the file of an output that a worker wrote, and delete the file."""
    output: Image = np.load(path)
    path.unlink()
    return output
