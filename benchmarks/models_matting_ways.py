"""Ways from a portrait's file to its matte's file, in worker processes: a plain script's loop, and Atelier's."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing.pool import Pool
from multiprocessing.synchronize import Barrier
from typing import Any

import numpy as np

from toolkit.contracts.backend import BACKENDS, Placement
from toolkit.contracts.operation import OPERATIONS
from toolkit.images.image import load, save
from toolkit.models import weights

MODEL = "prisma_nchw.onnx"
SIDE_PX = 256

Job = tuple[str, str]  # picture and output
Marks = list[float]
Work = Callable[[str, str], Marks]


@dataclass(frozen=True)
class Way:
    """One way from files to files; `backend` is empty for the loop of a plain script."""

    label: str
    workers: int = 1
    threads: int = 2
    backend: str = ""
    precision: str = "fp32"
    reload: bool = False


def ways(threads: int, output: str) -> tuple[Way, ...]:
    """All ways, the usual one first, each with `threads` threads in total; fewer ways for a cutout, mostly coding."""
    every = (
        Way("Pillow and onnxruntime, one by one", threads=threads),
        Way("the same, model loaded for each picture", threads=threads, reload=True),
        Way("load, onnxruntime, save, one by one", threads=threads, backend="onnxruntime"),
        Way("load, openvino, save, one by one", threads=threads, backend="openvino"),
        Way("the same in bf16", threads=threads, backend="openvino", precision="bf16"),
        Way("one worker per core, openvino fp32", threads, 1, "openvino"),
        Way("one worker per core, openvino bf16", threads, 1, "openvino", "bf16"),
        Way("one worker per core, openvino int8", threads, 1, "openvino", "int8"),
    )
    return every if output == "alpha" else (every[0], every[2], every[6])


@contextmanager
def workers(way: Way, output: str) -> Iterator[Pool]:
    """Worker processes, each with its model loaded."""
    context = multiprocessing.get_context("spawn")
    all_open = context.Barrier(way.workers)
    with context.Pool(way.workers, _open, (way, output, all_open)) as pool:
        yield pool


_work: Work
_held: list[Any] = []


def _open(way: Way, output: str, all_open: Barrier) -> None:
    """In a worker: load the model, unless each picture loads it again, and wait until all workers are ready."""
    global _work
    import cv2

    cv2.setNumThreads(way.threads)
    _work = _ours(way, output) if way.backend else _usual(way, output)
    all_open.wait()  # otherwise a fast worker does all first calls, and a slow one loads while others are timed


def do(job: Job) -> list[float]:
    """Seconds of each stage of one picture."""
    marks = _work(*job)
    return [after - before for before, after in pairwise(marks)]


def _ours(way: Way, output: str) -> Work:
    op, backend = OPERATIONS["matting"], BACKENDS[way.backend]
    session = backend.session(Placement(threads=way.threads, precision=way.precision))
    _held.append(session)  # until the worker ends
    kernel = op.build(
        backend, session.__enter__(), op.resolve({"model": "prisma", "output": output}), way.precision
    )
    loaded = kernel.network
    assert loaded is not None

    def work(source: str, out: str) -> Marks:
        marks = [time.perf_counter()]
        image = load(source)
        marks.append(time.perf_counter())
        tensor = loaded.network.prepare(image)
        marks.append(time.perf_counter())
        raw = loaded.infer(tensor)
        marks.append(time.perf_counter())
        picture = loaded.network.finish(raw, image)
        marks.append(time.perf_counter())
        save(picture, out, force=True)
        return [*marks, time.perf_counter()]

    return work


def _usual(way: Way, output: str) -> Work:
    """The loop of a plain script, on Pillow's RGB."""
    import cv2
    import onnxruntime
    from PIL import Image as Pillow

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = way.threads

    def opened() -> Any:
        return onnxruntime.InferenceSession(
            str(weights.where(MODEL)), settings, providers=["CPUExecutionProvider"]
        )

    session = opened()

    def work(source: str, out: str) -> Marks:
        marks = [time.perf_counter()]
        picture = np.asarray(Pillow.open(source).convert("RGB"))
        marks.append(time.perf_counter())
        small = cv2.resize(picture, (SIDE_PX, SIDE_PX)).astype(np.float32) / 255
        tensor = np.ascontiguousarray(small.transpose(2, 0, 1)[None])
        marks.append(time.perf_counter())
        running = opened() if way.reload else session
        (matte,) = running.run(None, {running.get_inputs()[0].name: tensor})
        marks.append(time.perf_counter())
        whole = cv2.resize(matte.reshape(SIDE_PX, SIDE_PX), picture.shape[1::-1])
        alpha = np.rint(whole.clip(0, 1) * 255).astype(np.uint8)
        made = alpha if output == "alpha" else np.dstack([picture, alpha])
        marks.append(time.perf_counter())
        Pillow.fromarray(made).save(out)
        return [*marks, time.perf_counter()]

    return work
