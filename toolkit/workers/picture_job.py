"""Run a prepared operation on pictures, from the array or file to the result, and time each stage."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from toolkit.contracts.backend import Placement
from toolkit.contracts.kernel import BuiltKernel
from toolkit.contracts.memory_fit import fitted
from toolkit.contracts.operation import OPERATIONS, Operation
from toolkit.contracts.outcome import Cause
from toolkit.contracts.placed import Placed, place
from toolkit.core.errors import AtelierError, InvalidValue
from toolkit.core.files import written_whole
from toolkit.core.params import Value
from toolkit.images.decode import decode
from toolkit.images.encode import QUALITY, encode, holds, holds_exif
from toolkit.images.image import Image, check
from toolkit.images.metadata import NO_METADATA, Metadata
from toolkit.workers.executor import Work
from toolkit.workers.item import Item, Outcome

_MOST_KERNELS = 8
"""Largest number of kernels that a thread keeps open; some presets need another kernel for each picture size."""


class _Unwritable(InvalidValue):
    """The result of a picture could not be written to its file."""


@dataclass
class _Going:
    """A picture that is being run: its pixels, what was read from its file, and the seconds of its stages."""

    item: Item
    image: Image | None = None
    metadata: Metadata = NO_METADATA
    input_digest: str = ""
    notes: list[str] = field(default_factory=list)
    stages_s: dict[str, float] = field(default_factory=dict)
    error: Exception | None = None


class PictureJob:
    """A prepared operation in this process; a context manager. Several threads may call `run` at the same time.

    Parameters
    ----------
    work : Work
        Operation with its settings, which this object prepares.

    Raises
    ------
    UnknownName, InvalidValue, Unavailable, Unsupported
        On entry to the context: the operation cannot run on this machine.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._sessions, self._stack = dict[object, Any](), ExitStack()
        self._kernels = dict[tuple[object, ...], tuple[Placed, BuiltKernel]]()

    def __enter__(self) -> PictureJob:
        self._work.load_plugins()
        try:
            self._preload()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._kernels.clear()
        self._sessions.clear()
        self._stack.close()

    def run(self, items: Sequence[Item]) -> list[Outcome]:
        """Run pictures, in one call if the kernel accepts several of them; returns their outcomes in the same order."""
        going = [_Going(item) for item in items]
        for one in going:
            self._attempt(one, self._begin)
        for together in self._together([one for one in going if one.error is None]):
            self._call(together)
        return [self._end(one) for one in going]

    def _preload(self) -> None:
        """Open the kernel that most pictures will need, so that the first picture does not wait for the model."""
        work, op = self._work, self._work.op
        resolved = op.resolve(dict(work.params), size=(480, 640))
        for name, params in work.steps:
            step = OPERATIONS[name]
            settings = step.resolve(dict(params), size=(480, 640))
            place(step, _blank(step), settings, None, work.placement).check()
        placed = place(op, _blank(op), resolved, work.backend or None, work.placement)
        placed.check()
        self._kernel(placed)

    def _begin(self, one: _Going) -> None:
        """Read and decode a picture, and run the operations before the main operation (pre-steps)."""
        self._read(one)
        started, work = perf_counter(), self._work_of(one)
        for name, params in work.steps:
            one.image = self._one(OPERATIONS[name], dict(params), "", _array(one), work.placement)
        if work.steps:
            one.stages_s["resize"] = perf_counter() - started

    def _read(self, one: _Going) -> None:
        source, op = one.item.source, self._work_of(one).op
        if not isinstance(source, Path | bytes):
            one.image = check(source, op.name, channels=op.channels_in)
            return
        started = perf_counter()
        content = source if isinstance(source, bytes) else _content_of(source)
        read = perf_counter()
        one.input_digest = hashlib.sha256(content).hexdigest()
        if isinstance(source, bytes):
            with tempfile.NamedTemporaryFile(prefix="atelier-item-") as file:
                file.write(content)
                file.flush()
                found = decode(Path(file.name))
        else:
            found = decode(source)
        target = one.item.target
        keeps_alpha = op.keeps_alpha and (target is None or holds(target.suffix, 4))
        one.notes = found.losses(keeps_alpha=keeps_alpha)
        one.image = found.with_alpha if keeps_alpha else found.image
        if target is not None and not target.strips:
            one.metadata = found.metadata
            if found.metadata.exif and not holds_exif(target.suffix):
                one.notes.append(
                    f"the EXIF data are dropped, because {target.suffix} files cannot hold EXIF data"
                )
        if isinstance(source, Path):
            one.stages_s["read"] = read - started
        one.stages_s["decode"] = perf_counter() - read

    def _together(self, going: Sequence[_Going]) -> list[list[_Going]]:
        """Group pictures by operation, settings and picture size: one call of the kernel runs pictures of one size."""
        groups: dict[tuple[Work, tuple[int, ...]], list[_Going]] = {}
        for one in going:
            groups.setdefault((self._work_of(one), _array(one).shape), []).append(one)
        return list(groups.values())

    def _call(self, going: Sequence[_Going]) -> None:
        started = perf_counter()
        try:
            outputs = self._outputs(going)
            for one, output in zip(going, outputs, strict=True):
                one.image = output
        except Exception as error:
            if (
                len(going) > 1
            ):  # run each picture alone, so that one wrong picture does not fail other pictures
                for one in going:
                    self._call([one])
                return
            going[0].error = error
        for one in going:
            one.stages_s["run"] = (perf_counter() - started) / len(going)

    def _outputs(self, going: Sequence[_Going]) -> list[Image]:
        work, images = self._work_of(going[0]), [_array(one) for one in going]
        placed, kernel = self._kernel_for(work.op, dict(work.params), work.backend, images[0], work.placement)
        try:
            return kernel.batch(images)
        except Exception as error:
            raise placed.failure(error) from error

    def _end(self, one: _Going) -> Outcome:
        written: dict[str, Any] = {}
        if one.error is None:
            self._attempt(one, lambda going: written.update(_written(going)))
        found = Outcome(
            index=one.item.index,
            input_digest=one.input_digest,
            notes=tuple(one.notes),
            stages_s=one.stages_s,
        )
        if one.error is not None:
            is_unwritable = isinstance(one.error, _Unwritable)
            cause = Cause.UNWRITABLE if is_unwritable else Cause.of(one.error)
            return replace(found, error=_sentence(one.error), cause=cause)
        return replace(found, **written)

    def _attempt(self, one: _Going, step: Any) -> None:
        try:
            step(one)
        except Exception as error:
            one.error = error

    def _work_of(self, one: _Going) -> Work:
        return one.item.work or self._work

    def _one(
        self, op: Operation, params: dict[str, Value], backend: str, image: Image, placement: Placement
    ) -> Image:
        checked = check(image, op.name, channels=op.channels_in)
        placed, kernel = self._kernel_for(op, params, backend, checked, placement)
        try:
            return kernel(image)
        except Exception as error:
            raise placed.failure(error) from error

    def _kernel_for(
        self, op: Operation, params: dict[str, Value], backend: str, image: Image, placement: Placement
    ) -> tuple[Placed, BuiltKernel]:
        resolved = op.resolve(params, size=image.shape[:2])
        placed = place(op, image, resolved, backend or None, placement)
        return self._kernel(fitted(placed, *image.shape[:2]))

    def _kernel(self, placed: Placed) -> tuple[Placed, BuiltKernel]:
        """The opened kernel of this thread; each thread has its own, because some kernels run one picture at a time."""
        made_of = (placed.op.name, placed.backend.entry, placed.placement, *placed.params.items())
        key = (threading.get_ident(), *made_of)
        with self._lock:
            if key not in self._kernels:
                own = [held for held in self._kernels if held[0] == key[0]]
                if len(own) >= _MOST_KERNELS:
                    del self._kernels[own[0]]
                try:
                    self._kernels[key] = placed, placed.checked(placed.build(self._runtime(placed)))
                except Exception as error:
                    raise placed.failure(error) from error
            return self._kernels[key]

    def _runtime(self, placed: Placed) -> Any:
        key = (placed.backend.name, placed.placement)
        if key not in self._sessions:
            self._sessions[key] = self._stack.enter_context(placed.backend.session(placed.placement))
        return self._sessions[key]


def _array(one: _Going) -> Image:
    assert one.image is not None
    return one.image


def _blank(op: Operation) -> Image:
    import numpy as np

    return np.full((480, 640, op.channels_in[0]), 128, np.uint8)


def _content_of(path: Path) -> bytes:
    """The content of a picture file; empty if the file cannot be read, because `decode` then reports the reason."""
    with suppress(OSError):
        if path.is_file():
            return path.read_bytes()
    return b""


def _written(one: _Going) -> dict[str, Any]:
    """Encode the result of a picture and write the result to the picture's target; returns fields of the outcome."""
    output, target = _array(one), one.item.target
    height, width = output.shape[:2]
    if target is None:
        return {"output": output, "size_px": (width, height)}
    started = perf_counter()
    quality = QUALITY if target.quality is None else target.quality
    content = encode(output, target.suffix, quality=quality, chroma=target.chroma, metadata=one.metadata)
    one.stages_s["encode"] = perf_counter() - started
    found = {"digest": hashlib.sha256(content).hexdigest(), "size_px": (width, height)}
    if target.path is None:
        return {**found, "content": content}
    started = perf_counter()
    try:
        # The folder of the result exists already; a folder that has been deleted meanwhile is not created again.
        with written_whole(target.path) as part:
            part.write_bytes(content)
    except OSError as error:
        why = error.strerror or str(error)
        raise _Unwritable(f"file {str(target.path)!r} cannot be written: {why}.") from error
    one.stages_s["write"] = perf_counter() - started
    return found


def _sentence(error: Exception) -> str:
    said = " ".join(str(error).split())
    return said if isinstance(error, AtelierError) else f"{type(error).__name__}: {said}"
