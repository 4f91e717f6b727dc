"""Send trials with their photos and plug-ins to another machine, and convert the measurements that come back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.contracts.fingerprint import provenance
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.trial import Trial
from toolkit.images.photos import SAMPLES, mattes_beside, photo_file


class CarriedTrials:
    """The files that trials need on another machine, and the trials with the paths of the files on that machine.

    Sample photos and weights are not sent: sample photos are installed with Atelier, and each machine has weights of
    its own.

    Parameters
    ----------
    trials : sequence of Trial
        The trials to measure on the other machine.

    Attributes
    ----------
    files : dict of relative path to array
        Bytes of the files to send: photos, matte files in the folders of the photos, and plug-ins.
    """

    def __init__(self, trials: Sequence[Trial]) -> None:
        self.files: dict[str, npt.NDArray[np.uint8]] = {}
        self._photos: dict[str, str] = {name: name for name in SAMPLES}
        self._plugins: dict[str, str] = {}
        self._command = provenance()["command"]
        for name in dict.fromkeys(name for trial in trials for name in trial.images):
            if name not in self._photos:
                self._photos[name] = self._carry_photo(photo_file(name))
        for path in dict.fromkeys(path for trial in trials for path, _ in trial.plugins):
            self._plugins[path] = self._carry(Path(path))

    def sent(self, trials: Sequence[Trial]) -> list[dict[str, Any]]:
        """The trials with the paths that their files have on the other machine, as JSON."""
        return [
            trial.with_(
                images=tuple(self._photos[name] for name in trial.images),
                plugins=tuple((self._plugins[path], sha) for path, sha in trial.plugins),
            ).to_dict()
            for trial in trials
        ]

    def came_back(
        self, measurements: Sequence[Mapping[str, Any]], trials: Sequence[Trial]
    ) -> Iterator[Measurement]:
        """Convert measurements of `trials` from another machine: paths become the paths on this computer."""
        own = {Trial.from_dict(plain): trial for plain, trial in zip(self.sent(trials), trials, strict=True)}
        names = {there: here for here, there in self._photos.items()}
        for plain in measurements:
            measurement = Measurement.from_dict(plain)
            blocks = tuple(
                replace(
                    block,
                    workers=tuple(
                        replace(run, outputs={names[name]: told for name, told in run.outputs.items()})
                        for run in block.workers
                    ),
                )
                for block in measurement.blocks
            )
            made = {**measurement.provenance, "command": self._command}
            yield replace(measurement, trial=own[measurement.trial], blocks=blocks, provenance=made)

    def _carry_photo(self, photo: Path) -> str:
        folder = f"photos/{len(self.files)}"
        for matte in mattes_beside(photo):
            self._carry(matte, folder)
        return self._carry(photo, folder)

    def _carry(self, file: Path, folder: str = "") -> str:
        name = f"{folder or f'plugins/{len(self.files)}'}/{file.name}"
        self.files[name] = np.frombuffer(file.read_bytes(), np.uint8)
        return name
