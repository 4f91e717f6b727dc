"""The child process of a tuner: it keeps one photo, and runs an operation on this photo for each command.

``python -m toolkit.workers.live_process INBOX OUTBOX`` starts the process; INBOX and OUTBOX are the descriptors of the
files through which arrays arrive and leave. `toolkit.workers.commands` describes how commands are answered.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from time import perf_counter
from typing import Any

import cv2
import numpy as np

from toolkit.contracts.kernel import BuiltKernel
from toolkit.contracts.memory_fit import fitted
from toolkit.contracts.operation import OPERATIONS, Operation, load_plugin
from toolkit.contracts.placed import Placed, place, placement_for
from toolkit.core.errors import InvalidValue
from toolkit.core.params import Value
from toolkit.images.image import Image
from toolkit.machine.memory import high_water_bytes, reset_high_water
from toolkit.workers.array_file import ArrayFile
from toolkit.workers.commands import answer_commands

Span = tuple[int, int]


class _LiveProcess:
    """The child process of a tuner; each public method runs one command and returns the answer to the command."""

    lighter_way = ""

    def __init__(self, inbox: int, outbox: int) -> None:
        self._inbox, self._outbox = ArrayFile(inbox), ArrayFile(outbox)
        self._small = dict[int, Image]()
        self._open: tuple[object, ExitStack, BuiltKernel] | None = None

    def ping(self) -> None:
        """Do nothing: the answer to this command shows that the process is alive."""

    def plug(self, plugins: list[list[str]]) -> None:
        """Load the plug-ins, each given by the path and the SHA-256 of its file."""
        for path, sha in plugins:
            if load_plugin(path) != sha:
                raise InvalidValue(f"plug-in {path!r} has changed; load it again, and make a new tuner.")

    def take(self, photo: dict[str, Any]) -> None:
        """Keep a photo without a copy, as a view of the file into which the other process has written the photo."""
        self._photo = self._inbox.view(**photo)
        self._small.clear()

    def render(
        self,
        operation: str,
        params: dict[str, Value],
        backend: str | None,
        threads: int | None,
        precision: str,
        side_px: int,
        window: list[int] | None,
    ) -> dict[str, Any]:
        """Run the operation on the photo, shrunk to `side_px`, or on a window (top, left, bottom, right) of the photo.

        A window is rendered with the operation's halo around it, so that the result equals this part of the
        full picture.
        """
        op, whole = OPERATIONS[operation], self._input(side_px)
        resolved = op.resolve(params, size=whole.shape[:2])
        are_asked = threads is not None
        placement = placement_for(threads, precision)
        placed = place(op, whole, resolved, backend, placement, are_threads_asked=are_asked)
        rows, columns, keep = _read(op, placed, whole.shape[:2], window)
        image = np.ascontiguousarray(whole[slice(*rows), slice(*columns)])
        # A window of one colour may have an empty result, which is an error only for a whole photo.
        is_part = window is not None and image.shape[2] == 3
        kernel = self._kernel(fitted(placed, *image.shape[:2]), may_be_empty=is_part)
        reset_high_water(os.getpid())
        started = perf_counter()
        try:
            result = kernel(image)
        except Exception as error:
            self._close()
            raise placed.failure(error) from error
        took_s = perf_counter() - started
        scale = result.shape[0] // image.shape[0] if window else 1
        top, left, bottom, right = (scale * side for side in keep or (0, 0, *result.shape[:2]))
        (where,) = self._outbox.put([result[top:bottom, left:right]])
        return {
            "place": where,
            "took_s": took_s,
            "backend": placed.backend.entry,
            "threads": placed.placement.threads,
            "peak_bytes": high_water_bytes("self").value,
            "read_px": image.shape[0] * image.shape[1],
        }

    def _kernel(self, placed: Placed, *, may_be_empty: bool) -> BuiltKernel:
        """The opened kernel for these settings, which is reused: another window of a photo needs no new loading."""
        how = (tuple(placed.params.items()), placed.backend.entry, placed.placement)
        key = (placed.op.name, *how, may_be_empty)
        if self._open is not None and self._open[0] == key:
            return self._open[2]
        self._close()
        stack = ExitStack()
        kernel = stack.enter_context(placed.opened(may_be_empty=may_be_empty))
        self._open = (key, stack, kernel)
        return kernel

    def _close(self) -> None:
        if self._open is not None:
            _, stack, _ = self._open
            self._open = None
            stack.close()

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


def _read(
    op: Operation, placed: Placed, size: tuple[int, ...], window: list[int] | None
) -> tuple[Span, Span, tuple[int, int, int, int] | None]:
    """Rows and columns of the photo to read, and the window's position in them, or None without a window."""
    height, width = size[0], size[1]
    if window is None:
        return (0, height), (0, width), None
    top, left, bottom, right = window
    halo, network = op.halo_of(placed.params), placed.network
    if halo is None:
        return (0, height), (0, width), (top, left, bottom, right)
    step = network.multiple if network is not None else 1
    first, begin = (max(0, (side - halo) // step * step) for side in (top, left))
    rows, columns = (first, min(height, bottom + halo)), (begin, min(width, right + halo))
    return rows, columns, (top - first, left - begin, bottom - first, right - begin)


if __name__ == "__main__":
    answer_commands(_LiveProcess(*map(int, sys.argv[1:])))
