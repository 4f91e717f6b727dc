"""Portraits from file to file: what workers, a fast runtime and fast coding make of the loop that scripts have."""

from __future__ import annotations

import math
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing.pool import Pool
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.bench_models_page import Page
from toolkit.analysis.verdict import compare
from toolkit.bench.lock import measuring_lock
from toolkit.bench.quality import difference
from toolkit.core import weights
from toolkit.core.backend import BACKENDS, Placement
from toolkit.core.errors import Unavailable
from toolkit.core.image import load, save
from toolkit.core.operation import OPERATIONS
from toolkit.core.photos import at_size, photo
from toolkit.core.tolerance import NETWORK_TOLERANCES

LEAST = 2.5
MODEL = "prisma_nchw.onnx"
STAGES = ("decode", "preprocess", "infer", "postprocess", "encode")
SIDE_PX = 256
RUNS = 3  # over all files, in a block

Job = tuple[str, str]  # picture and output
Marks = list[float]
Work = Callable[[str, str], Marks]


@dataclass(frozen=True)
class Way:
    """One way from files to files; `backend` is empty for the loop that scripts have."""

    label: str
    workers: int = 1
    threads: int = 2
    backend: str = ""
    precision: str = "fp32"
    reload: bool = False


def ways(threads: int, output: str) -> tuple[Way, ...]:
    """The usual way first; all have the same threads in sum. Coding is nearly all of a cutout: fewer are shown."""
    every = (
        Way("Pillow and onnxruntime, one by one", threads=threads),
        Way("the same, model loaded each time", threads=threads, reload=True),
        Way("load, onnxruntime, save, one by one", threads=threads, backend="onnxruntime"),
        Way("load, openvino, save, one by one", threads=threads, backend="openvino"),
        Way("the same in bf16", threads=threads, backend="openvino", precision="bf16"),
        Way("worker each core, openvino fp32", threads, 1, "openvino"),
        Way("worker each core, openvino bf16", threads, 1, "openvino", "bf16"),
        Way("worker each core, openvino int8", threads, 1, "openvino", "int8"),
    )
    return every if output == "alpha" else (every[0], every[2], every[6])


def end_to_end(page: Page, folder: Path | None, *, threads: int, blocks: int) -> None:
    """Print pictures a second of every way, alpha and cutout; the alpha is judged."""
    page.heading(f"Matting of 1080p portraits from JPEG to PNG, PrismaNet, {threads} threads")
    try:
        weights.find(MODEL)
    except Unavailable as error:
        page.without(f"matting from file to file: {error}")
        return
    with tempfile.TemporaryDirectory(prefix="atelier-matting-") as kept, measuring_lock():
        files = sorted((folder / "portraits").glob("*.jpg")) if folder else _made(Path(kept))
        if not folder:
            page.without("matting from file to file: no portraits, so one sample photo mirror-tiled to 1080p")
        for output in ("alpha", "cutout"):
            _table(page, output, files, Path(kept), ways(threads, output), blocks)
    page.say(
        "Ratios are against the first row: a script that reads and writes with Pillow and runs onnxruntime at its "
        "defaults. 'load' and 'save' are ours: OpenCV's PNG coder is several times faster, its files a little larger."
    )


def _table(
    page: Page, output: str, files: list[Path], folder: Path, rows: tuple[Way, ...], blocks: int
) -> None:
    page.say(f"Output: {output}")
    samples: list[list[list[float]]] = [[] for _ in rows]
    stages: list[list[Marks]] = [[] for _ in rows]
    jobs = [_jobs(folder / f"{output}-{number}", files) for number in range(len(rows))]
    for block in range(blocks):
        order = range(len(rows))
        for number in reversed(order) if block % 2 else order:
            with _workers(rows[number], output) as pool:
                pool.map(_do, jobs[number], chunksize=1)  # the first calls
                taken = []
                for _ in range(RUNS):
                    start = time.perf_counter()
                    marks = pool.map(_do, jobs[number], chunksize=1)
                    taken.append((time.perf_counter() - start) / len(files))
                    stages[number] += marks
                samples[number].append(taken)
    best, own = 0.0, math.nan
    lines = []
    for number, way in enumerate(rows):
        verdict = compare(samples[0], samples[number], paired=True)
        psnr, agrees = _agreement(jobs[0], jobs[number], way.precision)
        if agrees and not way.reload:
            best = max(best, 1 / verdict.ratio)
        if way.backend == "onnxruntime":
            own = 1 / verdict.ratio
        median = statistics.median(sample for block_ in samples[number] for sample in block_)
        split = [statistics.median(marks[i] for marks in stages[number]) for i in range(len(STAGES))]
        size = sum(Path(out).stat().st_size for _, out in jobs[number]) / len(files)
        interval = "-"
        if number and verdict.low is not None and verdict.high is not None:
            interval = f"{1 / verdict.high:.2f} to {1 / verdict.low:.2f}"
        cells = [way.label, f"{way.workers} x {way.threads}", f"{1e3 * median:.1f}"]
        cells += [f"{1 / verdict.ratio:.2f}", interval, *(f"{1e3 * stage:.1f}" for stage in split)]
        lines.append([*cells, f"{size / 1e3:.0f}", psnr, "yes" if agrees else "no"])
    columns = ["way (stages in ms a picture)", "processes", "ms", "speed-up", "95 % interval", *STAGES]
    page.table([*columns, "KB", "PSNR", "agrees"], lines)
    page.say(
        f"The best is {best:.2f} times as fast as the script, {best / own:.2f} times as our own loop one by one."
    )
    if output == "alpha":
        page.require(best >= LEAST, f"matting from file to file is {best:.2f} times as fast, not {LEAST}")


@contextmanager
def _workers(way: Way, output: str) -> Iterator[Pool]:
    with multiprocessing.get_context("spawn").Pool(way.workers, _open, (way, output)) as pool:
        yield pool


_work: Work
_held: list[Any] = []


def _open(way: Way, output: str) -> None:
    """In a worker: load the model, unless that is to be done for each picture."""
    global _work
    import cv2

    cv2.setNumThreads(way.threads)
    _work = _ours(way, output) if way.backend else _usual(way, output)


def _do(job: Job) -> list[float]:
    """Seconds of each stage of one picture."""
    marks = _work(*job)
    return [after - before for before, after in pairwise(marks)]


def _ours(way: Way, output: str) -> Work:
    op, backend = OPERATIONS["matting"], BACKENDS[way.backend]
    session = backend.session(Placement(threads=way.threads, precision=way.precision))
    _held.append(session)  # until the worker ends
    kernel = op.build(backend, session.__enter__(), op.resolve({"output": output}), way.precision)
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
    """What a script does, on Pillow's RGB."""
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


def _agreement(usual: Sequence[Job], other: Sequence[Job], precision: str) -> tuple[str, bool]:
    """Of the worst picture."""
    worst: float | None = None
    for (_, one), (_, two) in zip(usual, other, strict=True):
        psnr = difference(_alpha(one), _alpha(two)).psnr_db
        if psnr is not None:
            worst = psnr if worst is None else min(worst, psnr)
    least = NETWORK_TOLERANCES[precision].psnr_db
    return ("same", True) if worst is None else (f"{worst:.1f} dB", worst >= least)


def _alpha(file: str) -> Any:
    import cv2

    picture = cv2.imread(file, cv2.IMREAD_UNCHANGED)
    return np.atleast_3d(picture)[..., -1:]


def _jobs(folder: Path, files: list[Path]) -> list[Job]:
    folder.mkdir()
    return [(str(file), str(folder / f"{file.stem}.png")) for file in files]


def _made(folder: Path) -> list[Path]:
    picture = at_size(photo("astronaut"), 1920, 1080)[0]
    return [save(picture, folder / f"portrait_{number}.jpg") for number in range(4)]
