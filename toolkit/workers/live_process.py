"""The process behind a tuner: it keeps one photo, and runs an operation on this photo for each command.

``python -m toolkit.workers.live_process INBOX OUTBOX`` starts the process; INBOX and OUTBOX are the descriptors of the
files through which arrays arrive and leave. `toolkit.workers.commands` describes how commands are answered.
"""

from __future__ import annotations

import sys
from time import perf_counter
from typing import Any

import cv2
import numpy as np

from toolkit.contracts.memory_fit import fitted
from toolkit.contracts.operation import OPERATIONS, load_plugin
from toolkit.contracts.placed import place, placement_for
from toolkit.core.params import Value
from toolkit.images.image import Image
from toolkit.workers.array_file import ArrayFile
from toolkit.workers.commands import answer_commands


class _LiveProcess:
    """Each public method runs one command and returns the answer."""

    lighter_way = ""

    def __init__(self, inbox: int, outbox: int) -> None:
        self._inbox, self._outbox = ArrayFile(inbox), ArrayFile(outbox)
        self._small = dict[int, Image]()

    def open(self, plugins: list[list[str]], photo: dict[str, Any]) -> None:
        """Load the plug-ins, and keep the photo."""
        for path, _ in plugins:
            load_plugin(path)
        self._photo = self._inbox.get(**photo)

    def render(
        self, operation: str, params: dict[str, Value], backend: str | None, threads: int | None, side_px: int
    ) -> dict[str, Any]:
        """Run the operation on the photo, shrunk first to `side_px`; 0 leaves the photo as it is."""
        op, image = OPERATIONS[operation], self._input(side_px)
        are_asked = threads is not None
        resolved = op.resolve(params, size=image.shape[:2])
        placed = place(op, image, resolved, backend, placement_for(threads), are_threads_asked=are_asked)
        with fitted(placed, *image.shape[:2]).opened() as kernel:
            started = perf_counter()
            result = kernel(image)
            took_s = perf_counter() - started
        (where,) = self._outbox.put([result])
        return {
            "place": where,
            "took_s": took_s,
            "backend": placed.backend.entry,
            "threads": placed.placement.threads,
        }

    def _input(self, side_px: int) -> Image:
        height, width = self._photo.shape[:2]
        scale = side_px / max(height, width)
        if not side_px or scale >= 1:
            return self._photo
        if side_px not in self._small:
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            small = cv2.resize(self._photo, size, interpolation=cv2.INTER_AREA)
            self._small[side_px] = np.ascontiguousarray(small, np.uint8)
        return self._small[side_px]


if __name__ == "__main__":
    answer_commands(_LiveProcess(*map(int, sys.argv[1:])))
