"""The procedures of the matting case: each turns a folder of portraits into a folder of cutouts."""

from __future__ import annotations

import queue
import shutil
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from toolkit.contracts.kernel import BuiltKernel
from toolkit.images.image import Image, load, save
from toolkit.jobs.batch import batch
from toolkit.studies.cases.model_of_case import Model
from toolkit.studies.cases.procedure import Answered, Handler, Settings

STAGES = ("read", "matting", "write")
_KEPT = 2
"""Number of pictures of a request that are kept for the case's page."""
_READERS, _WRITERS, _ROOM = 2, 2, 8
"""Number of threads that read, of threads that write, and of pictures that each queue of the pipeline holds."""


def model_of(settings: Settings, *, threads: int = 1, **params: Any) -> Model:
    """The network that the settings name; its result is a cutout with the four channels of a PNG file."""
    given = {"model": settings["model"], "output": "cutout", **params}
    backend = settings["backend"]
    return Model(operation="matting", backend=backend, threads=threads, params=given)


def matting_model() -> str:
    """Choose the matting network: ``prisma`` if its published graph is on this machine, else the untrained ``unet``."""
    prisma = Model(
        operation="matting", backend="onnxruntime", params={"model": "prisma"}, may_be_untrained=False
    )
    return "unet" if prisma.missing() else "prisma"


def files_of(settings: Settings) -> list[Path]:
    """The files of the portraits that one request turns into cutouts."""
    return sorted(Path(settings["folder"]).glob("*.jpg"))


def draw_one(file: Path, out: Path, kernel: BuiltKernel, stages_s: dict[str, float]) -> None:
    """Read a portrait, matte it and write the cutout; adds the seconds of each stage to `stages_s`."""
    began = perf_counter()
    image = load(file)
    read = perf_counter()
    cutout = kernel(image)
    matted = perf_counter()
    save(cutout, out / f"{file.stem}.png", force=True)
    for stage, seconds in zip(STAGES, (read - began, matted - read, perf_counter() - matted), strict=True):
        stages_s[stage] += seconds


@contextmanager
def one_by_one(settings: Settings) -> Iterator[Handler]:
    """Read, matte and write one portrait after the other, in one process."""
    files = files_of(settings)
    with _out() as out, model_of(settings).opened() as kernel:

        def handle() -> Answered:
            stages_s: dict[str, float] = defaultdict(float)
            for file in files:
                draw_one(file, out, kernel, stages_s)
            return Answered(_results(out), dict(stages_s))

        yield handle


@contextmanager
def queue_and_worker(settings: Settings) -> Iterator[Handler]:
    """Run the article's pipeline: threads read, one worker mattes, threads write; queues connect these three stages."""
    files = files_of(settings)
    with _out() as out, model_of(settings).opened() as kernel:

        def handle() -> Answered:
            pipeline = _Pipeline(files, out, kernel)
            pipeline.run()
            return Answered(_results(out), dict(pipeline.stages_s))

        yield handle


class _Pipeline:
    """The article's pipeline for one request: reading threads, one worker and writing threads."""

    def __init__(self, files: list[Path], out: Path, kernel: BuiltKernel) -> None:
        self._out, self._kernel = out, kernel
        self._todo: queue.Queue[Path | None] = queue.Queue()
        self._read: queue.Queue[tuple[Path, Image] | None] = queue.Queue(_ROOM)
        self._drawn: queue.Queue[tuple[Path, Image] | None] = queue.Queue(_ROOM)
        self._lock = threading.Lock()
        self.stages_s: dict[str, float] = dict.fromkeys(STAGES, 0.0)
        for file in files:
            self._todo.put(file)

    def run(self) -> None:
        readers = self._started(self._reading, _READERS)
        (worker,) = self._started(self._matting, 1)
        writers = self._started(self._writing, _WRITERS)
        for _ in readers:
            self._todo.put(None)
        for thread in readers:
            thread.join()
        self._read.put(None)
        worker.join()
        for _ in writers:
            self._drawn.put(None)
        for thread in writers:
            thread.join()

    @staticmethod
    def _started(work: Any, count: int) -> list[threading.Thread]:
        threads = [threading.Thread(target=work, daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        return threads

    def _reading(self) -> None:
        while (file := self._todo.get()) is not None:
            began = perf_counter()
            image = load(file)
            self._add("read", began)
            self._read.put((file, image))

    def _matting(self) -> None:
        while (one := self._read.get()) is not None:
            began = perf_counter()
            cutout = self._kernel(one[1])
            self._add("matting", began)
            self._drawn.put((one[0], cutout))

    def _writing(self) -> None:
        while (one := self._drawn.get()) is not None:
            began = perf_counter()
            save(one[1], self._out / f"{one[0].stem}.png", force=True)
            self._add("write", began)

    def _add(self, stage: str, began: float) -> None:
        with self._lock:
            self.stages_s[stage] += perf_counter() - began


@contextmanager
def ours(settings: Settings) -> Iterator[Handler]:
    """Run ``atelier batch``, which starts a process for each processor and records the finished files."""

    def handle() -> Answered:
        with _out() as out:
            summary = batch_of(settings, out)
            return Answered(_results(out), {**summary.stages_s})

    yield handle


def batch_of(settings: Settings, out: Path, *, source: str = "") -> Any:
    """Run the operation ``matting`` with `toolkit.jobs.batch.batch` on the folder in the settings, or on `source`."""
    model = model_of(settings)
    params = {**model.params, **({"weights": "untrained"} if model.is_untrained else {})}
    return batch("matting", source or settings["folder"], out, backend=model.backend, suffix=".png", **params)


@contextmanager
def _out() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="atelier-mattes-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _results(out: Path) -> dict[str, Image]:
    """The alpha channels of the first cutouts in a folder, each as a grey picture of one channel."""
    import cv2

    found = {}
    for file in sorted(out.glob("*.png"))[:_KEPT]:
        cutout = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
        found[file.stem] = cutout[..., 3:]
    return found
