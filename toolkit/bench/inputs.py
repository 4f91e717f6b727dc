"""Input pictures of trials: photos brought to size once, as files for the workers.

The input of a super-resolution trial is a photo that was brought to the size of the output and then shrunk as papers
do, so that the right output is known.
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
    """A temporary folder of input pictures; a context manager that removes it.

    A process that is killed leaves its folder behind; the next one removes it. A folder is in use while a process holds
    a lock on it, and the kernel frees the lock of a process that ends.
    """

    def __init__(self) -> None:
        _remove_abandoned()
        self._folder = tempfile.TemporaryDirectory(prefix=_PREFIX)
        self._lock = _locked(self.folder)
        self._made: dict[tuple[str, int, int, int], tuple[Path, str, str]] = {}

    @property
    def folder(self) -> Path:
        """Folder of the files; outputs of workers are written here too."""
        return Path(self._folder.name)

    def paths(self, trial: Trial) -> list[tuple[str, str]]:
        """Photo and file of each picture that a worker opens."""
        return [(name, str(self._entry(trial, name)[0])) for name in trial.images]

    def note(self, trial: Trial) -> str:
        """How the photos were brought to size.

        ``"cropped"``, ``"mirror-tiled"``, ``"cropped and mirror-tiled"`` or ``""``; for super-resolution such as
        ``"degraded x3 (MATLAB bicubic) from cropped photos"``.
        """
        notes = {self._entry(trial, name)[1] for name in trial.images}
        reached, scale = " and ".join(sorted(filter(None, notes))), enlargement(trial)
        if scale == 1:
            return reached
        return f"degraded x{scale} (MATLAB bicubic) from {reached or 'whole'} photos"

    def hash(self, trial: Trial, name: str) -> str:
        """Content hash of one input."""
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
    """An open, locked descriptor of `folder`; None if another process holds the lock, or another user owns it."""
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
    """Read an output that a worker wrote, and delete the file."""
    output: Image = np.load(path)
    path.unlink()
    return output
