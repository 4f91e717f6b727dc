"""A program that measures trials on command, in one of two environments (sets of versions) that are compared.

The program is started as ``python -m toolkit.bench.side``. The program's interpreter and import path decide which
versions of Atelier and of other packages are measured. The process that sends the commands holds the measuring lock.
"""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.bench.candidate import Candidate
from toolkit.bench.compare import seconds_a_picture
from toolkit.bench.inputs import Inputs
from toolkit.bench.plan import Plan
from toolkit.contracts.apply import apply
from toolkit.contracts.fingerprint import fingerprint
from toolkit.contracts.notation import parse_trial
from toolkit.contracts.operation import load_plugin
from toolkit.images.photos import at_size, photo
from toolkit.workers.commands import answer_commands


class Side:
    """The trials of this program's environment; each public method runs one command and returns the result."""

    lighter_way = ""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._candidates: list[Candidate] = []

    def versions(self) -> dict[str, str]:
        """The version of every distribution that is installed in this program's environment."""
        return {d.metadata["Name"]: d.version for d in importlib.metadata.distributions()}

    def open(self, trial: str, plugins: list[str]) -> dict[str, str]:
        """Add a trial, given as text, and make its reference outputs; returns why the trial cannot run, if so."""
        loaded = tuple((path, load_plugin(path)) for path in plugins)
        plan = Plan(blocks=1, seconds=1.0)
        candidate = Candidate(parse_trial(trial, plugins=loaded), self._inputs, plan)
        candidate.prepare()
        self._candidates.append(candidate)
        return self._state(candidate)

    def block(self, number: int, iterations: int, limit_s: float) -> dict[str, Any]:
        """Run the trial that `open` added last once more, in new processes (one block).

        Returns
        -------
        dict
            ``samples_s``: seconds a picture, one number for each call; empty if the block failed. ``suspect``:
            disturbances of the block. ``cause`` and ``note``: the reason if the trial is not ok.
        """
        candidate = self._candidates[-1]
        before = len(candidate.blocks)
        if candidate.is_ok or candidate.cause.is_wrong_picture:
            plan = Plan(blocks=1, seconds=limit_s, least_calls=1, most_calls=iterations)
            candidate.run_block(number, plan=plan)
        new = candidate.blocks[before:]
        return {
            "samples_s": seconds_a_picture(new[0], candidate.trial) if new else [],
            "suspect": list(new[0].suspect) if new else [],
            **self._state(candidate),
        }

    def memory(self) -> int | None:
        """Peak memory of a new worker process that runs the trial, bytes; None if the memory cannot be measured."""
        candidate = self._candidates[-1]
        candidate.run_memory_pass()
        measured = candidate.measurement(fingerprint(), {})
        return None if measured.memory is None else measured.memory.rss_peak_bytes

    def quality(self) -> dict[str, float]:
        """Quality of the trial's outputs against the ground truth; empty for an operation without ground truth."""
        return dict(self._candidates[-1].measurement(fingerprint(), {}).quality)

    def picture(self, file: str) -> None:
        """Save the output for the trial's first photo: uint8, shape (H, W, C), as a numpy file."""
        trial = self._candidates[-1].trial
        image, _ = at_size(photo(trial.images[0]), trial.width, trial.height)
        place = trial.placement
        output = apply(
            trial.operation,
            image,
            backend=trial.backend,
            threads=place.threads,
            precision=place.precision,
            device=place.device,
            **dict(trial.params),
        )
        np.save(Path(file), output)

    @staticmethod
    def _state(candidate: Candidate) -> dict[str, str]:
        measured = candidate.measurement(fingerprint(), {})
        return {"cause": str(measured.cause), "note": measured.note}


if __name__ == "__main__":
    with Inputs() as made:
        answer_commands(Side(made))
