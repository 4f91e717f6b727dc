"""Portraits from file to file: speed-up of workers, a fast runtime and a fast PNG coder over a plain script."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.models_matting_ways import MODEL, Job, Marks, Way, do, ways, workers
from benchmarks.models_page import Page
from toolkit.analysis.verdict import compare
from toolkit.bench.lock import measuring_lock
from toolkit.contracts.measurement import PIPELINE
from toolkit.contracts.tolerance import NETWORK_TOLERANCES
from toolkit.core.errors import Unavailable
from toolkit.images.image import save
from toolkit.images.photos import at_size, photo
from toolkit.images.similarity import difference
from toolkit.models import weights

LEAST = 2.5
RUNS = 4  # over all files, in a block
PAUSE_S = 0.05  # threads of the runtime that ran before may spin for a while


def end_to_end(page: Page, folder: Path | None, *, threads: int, blocks: int) -> None:
    """Print the time per picture of every way, for alpha and cutout; only alpha is judged."""
    page.heading(f"Matting of 1080p portraits, JPEG to PNG, PrismaNet, {threads} threads")
    try:
        weights.find(MODEL)
    except Unavailable as error:
        page.without(f"matting from file to file: {error}")
        return
    page.say(
        "The first row is the baseline: a script as people write it. Pillow reads and writes, onnxruntime runs with "
        "its default settings and the same number of threads, one picture after the other, and the model is loaded "
        "once. 'load' and 'save' are Atelier's: OpenCV's PNG coder is several times faster, with slightly larger files."
    )
    with tempfile.TemporaryDirectory(prefix="atelier-matting-") as kept, measuring_lock():
        files = sorted((folder / "portraits").glob("*.jpg")) if folder else _made(Path(kept))
        if not folder:
            page.without(
                "matting from file to file: no portraits, so a sample photo is mirror-tiled to 1080p"
            )
        for output in ("alpha", "cutout"):
            rows = ways(threads, output)
            jobs = [_jobs(Path(kept) / f"{output}-{number}", files) for number in range(len(rows))]
            timed = _timed(rows, output, jobs, blocks if output == "alpha" else min(blocks, 3))
            _table(page, output, timed)
            _summary(page, output, timed)


@dataclass
class Timed:
    """A way, its jobs and its times: seconds per picture of each run in each block, and the stages of each picture."""

    way: Way
    jobs: list[Job]
    samples: list[list[float]]
    stages: list[Marks]
    psnr: str = ""
    agrees: bool = False


def _timed(rows: tuple[Way, ...], output: str, jobs: list[list[Job]], blocks: int) -> list[Timed]:
    """Time every way in fresh processes in each block; ways take turns, so other load affects all of them alike."""
    every = [Timed(way, mine, [], []) for way, mine in zip(rows, jobs, strict=True)]
    for _ in range(blocks):
        with ExitStack() as stack:
            pools = [stack.enter_context(workers(way, output)) for way in rows]
            for one, pool in zip(every, pools, strict=True):
                pool.map(do, one.jobs, chunksize=1)  # the first calls
                one.samples.append([])
            for run in range(RUNS):
                turns = list(zip(every, pools, strict=True))
                for one, pool in reversed(turns) if run % 2 else turns:
                    time.sleep(PAUSE_S)
                    start = time.perf_counter()
                    one.stages += pool.map(do, one.jobs, chunksize=1)
                    one.samples[-1].append((time.perf_counter() - start) / len(one.jobs))
    for one in every:
        one.psnr, one.agrees = _agreement(every[0].jobs, one.jobs, one.way.precision)
    return every


def _table(page: Page, output: str, every: list[Timed]) -> None:
    page.say(
        f"Output: {output}, {len(every[0].samples)} blocks of {RUNS} runs over {len(every[0].jobs)} pictures"
    )
    lines = []
    for one in every:
        median = statistics.median(sample for block in one.samples for sample in block)
        split = [statistics.median(marks[i] for marks in one.stages) for i in range(len(PIPELINE))]
        size = sum(Path(out).stat().st_size for _, out in one.jobs) / len(one.jobs)
        gain = Gain.of(every[0], one)
        cells = [one.way.label, f"{one.way.workers} x {one.way.threads}", f"{1e3 * median:.1f}"]
        cells += [f"{gain.ratio:.2f}", gain.interval, *(f"{1e3 * stage:.1f}" for stage in split)]
        lines.append([*cells, f"{size / 1e3:.0f}", one.psnr, "yes" if one.agrees else "no"])
    columns = [
        "way (stages: ms per picture)",
        "processes x threads",
        "ms",
        "speed-up",
        "95 % interval",
        *PIPELINE,
    ]
    page.table([*columns, "file KB", "PSNR", "agrees"], lines)


def _summary(page: Page, output: str, every: list[Timed]) -> None:
    """Print the best way: of those that agree, the one with the highest lower end of its speed-up's interval."""
    agreeing = [one for one in every[1:] if one.agrees and not one.way.reload]
    if not agreeing:
        page.require(False, f"matting, output {output}: no way agrees with the script")
        return
    best = max(agreeing, key=lambda one: Gain.of(every[0], one).least)
    gain = Gain.of(every[0], best)
    own = next(one for one in every if one.way.backend == "onnxruntime")
    says = (
        f"Best way that agrees, by the lower end of its interval: {best.way.label}, {gain.ratio:.2f} times as fast as "
        f"the script ({gain.interval})."
    )
    if best is not own:
        over_own = Gain.of(own, best)
        says += (
            f" It is {over_own.ratio:.2f} times as fast ({over_own.interval}) as 'load, onnxruntime, save, one by one'"
            "; this ratio is not judged."
        )
    if output == "alpha":
        sentence = f"matting from file to file: lower end of the speed-up {gain.least:.2f}, required {LEAST}"
        kept = page.require(gain.least >= LEAST, sentence)
        says += f" Required: a lower end of at least {LEAST} over the script; passed: {kept}."
    page.say(says)


@dataclass(frozen=True)
class Gain:
    """A speed-up with its interval; `least` is the interval's lower end, 0 where there is no interval."""

    ratio: float
    interval: str
    least: float

    @classmethod
    def of(cls, usual: Timed, other: Timed) -> Gain:
        if usual is other:
            return cls(1.0, "-", 1.0)
        verdict = compare(usual.samples, other.samples, paired=True)
        ratio = 1 / verdict.ratio
        if verdict.low is None or verdict.high is None:
            return cls(ratio, "under 3 blocks", 0.0)
        return cls(ratio, f"{1 / verdict.high:.2f} to {1 / verdict.low:.2f}", 1 / verdict.high)


def _agreement(usual: Sequence[Job], other: Sequence[Job], precision: str) -> tuple[str, bool]:
    """PSNR of the worst picture, and whether it reaches the limit of its precision."""
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
