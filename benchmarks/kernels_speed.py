"""Speed-up of the kernels over OpenCV, growth of their time with size, their memory and their compilation."""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numba
import numpy as np

from tests.kernels.pictures import FOUR_STYLES, KERNELS, OPENCV
from toolkit.contracts.operation import OPERATIONS
from toolkit.images.image import Image
from toolkit.images.photos import at_size, size_for
from toolkit.kernels.numba.styles_together import apply_styles

ROOT = Path(__file__).parents[1]
LARGEST_SIDES = (4032, 3024)
OPENCV_DEFAULTS: dict[str, Any] = {"preset": "opencv"}
NORMALISED: dict[str, Any] = {**OPENCV_DEFAULTS, "flags": "NORMCONV_FILTER"}
# Label, style, parameters, required speed-up and aimed-at speed-up; None: shown only.
ROWS: tuple[tuple[str, str, dict[str, Any], float | None, float | None], ...] = (
    ("stylization", "stylization", {}, 15, 30),
    ("edge_preserving (normalised convolution)", "edge_preserving", NORMALISED, 15, 30),
    ("edge_preserving (recursive)", "edge_preserving", OPENCV_DEFAULTS, None, None),
    ("pencil_sketch", "pencil_sketch", OPENCV_DEFAULTS, 15, 30),
    ("color_pencil", "color_pencil", {}, None, None),
    ("detail_enhance", "detail_enhance", {}, None, None),
    ("oil_painting (size 7, ratio 8)", "oil_painting", {}, 6, 12),
)
THE_JOB = "four styles"
JOB_LEAST, JOB_AIM = 14, 20
JOB_PARAMS = {name: OPERATIONS[name].resolve({}) for name in FOUR_STYLES}
LARGEST_SLOPE = 1.05
LARGEST_PEAK_BYTES = 500e6
# Bytes per pixel that stylization reads and writes: differences, three passes over rows and columns, edges.
STYLIZATION_TRAFFIC_BYTES_PER_PX = (3 + 4) + (2 + 3 + 6) + 5 * (2 + 6 + 6) + (6 + 3)


@dataclass(frozen=True)
class Speed:
    """Times of one style in every block, seconds.

    Attributes
    ----------
    what : str
    theirs_s, ours_s : list of float
        One value per block; ours is the median of several calls.
    least, aim : float or None
        Required and aimed-at speed-up.
    """

    what: str
    theirs_s: list[float]
    ours_s: list[float]
    least: float | None
    aim: float | None

    @property
    def ratios(self) -> list[float]:
        return [theirs / ours for theirs, ours in zip(self.theirs_s, self.ours_s, strict=True)]

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    @property
    def is_kept(self) -> bool:
        return self.least is None or self.ratio >= self.least


def timed_s(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def speeds(image: Image, *, blocks: int, threads: int, calls: int = 5) -> list[Speed]:
    """Time every row in every block, ours and OpenCV's in turn, so that drift affects both alike."""
    numba.set_num_threads(threads)
    cv2.setNumThreads(threads)
    outputs = {name: np.empty_like(image) for name in FOUR_STYLES}
    apply_styles(image, JOB_PARAMS, out=outputs)
    theirs: dict[str, list[float]] = {row[0]: [] for row in ROWS} | {THE_JOB: []}
    ours: dict[str, list[float]] = {what: [] for what in theirs}
    for _ in range(blocks):
        in_this_block: dict[str, float] = {}
        for what, style, params, _, _ in ROWS:
            theirs[what].append(timed_s(partial(OPENCV[style], image, **params)))
            in_this_block[style] = theirs[what][-1]
            kernel = partial(KERNELS[style], image, **params, out=outputs["stylization"])
            kernel()
            ours[what].append(statistics.median(timed_s(kernel) for _ in range(calls)))
        # OpenCV shares nothing among styles, so its job takes the sum of the styles' times in this block.
        theirs[THE_JOB].append(sum(in_this_block[name] for name in FOUR_STYLES))
        ours[THE_JOB].append(
            statistics.median(
                timed_s(partial(apply_styles, image, JOB_PARAMS, out=outputs)) for _ in range(calls)
            )
        )
    rows = [(what, least, aim) for what, _, _, least, aim in ROWS]
    rows.append((THE_JOB, JOB_LEAST, JOB_AIM))
    return [Speed(what, theirs[what], ours[what], least, aim) for what, least, aim in rows]


def shrunken_job_s(image: Image, *, blocks: int, workers: int) -> float:
    """The usual alternative: shrink the picture to 2 MP and run OpenCV's four styles in a warm pool of processes."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        warm_up = [(name, np.zeros((64, 64, 3), np.uint8)) for name in FOUR_STYLES]
        pool.starmap(_opencv_style, warm_up * workers)

        def job() -> None:
            height, width = image.shape[:2]
            scale = math.sqrt(2e6 / (height * width))
            small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            pool.starmap(_opencv_style, [(name, small) for name in FOUR_STYLES], chunksize=1)

        return min(timed_s(job) for _ in range(blocks))


def _opencv_style(style: str, image: Image) -> Image:
    return OPENCV[style](image)


def copy_bandwidth() -> float:
    """Bytes per second that a memory copy reads and writes, on the threads that the kernels use."""
    source = np.ones(1 << 28, np.uint8)
    target = np.empty_like(source)
    _copy(source, target)
    return 2 * source.size / min(timed_s(lambda: _copy(source, target)) for _ in range(5))


@numba.njit(parallel=True)
def _copy(source: np.ndarray, target: np.ndarray) -> None:
    pieces = numba.get_num_threads()
    length = source.size // pieces
    for piece in numba.prange(pieces):
        target[piece * length : (piece + 1) * length] = source[piece * length : (piece + 1) * length]


@dataclass(frozen=True)
class Growth:
    """Times of one style at several sizes, and the slope of log time over log size."""

    what: str
    megapixels: list[float]
    ours_s: list[float]

    @property
    def slope(self) -> float:
        return float(np.polyfit(np.log(self.megapixels), np.log(self.ours_s), 1)[0])


def growth(photograph: Image, megapixels: tuple[float, ...], rounds: int = 5) -> list[Growth]:
    """Best time of each style at each size; all sizes in every round, mirror-tiled where the photo is smaller."""
    images = [at_size(photograph, *size_for(size))[0] for size in megapixels]
    outputs = {name: np.empty(images[-1].size, np.uint8) for name in FOUR_STYLES}
    best: dict[str, list[float]] = {name: [math.inf] * len(images) for name in (*FOUR_STYLES, THE_JOB)}
    for _ in range(rounds):
        for i, image in enumerate(images):
            out = {name: whole[: image.size].reshape(image.shape) for name, whole in outputs.items()}
            job = partial(apply_styles, image, JOB_PARAMS, out=out)
            job()
            best[THE_JOB][i] = min(best[THE_JOB][i], timed_s(job))
            for name in FOUR_STYLES:
                style = partial(KERNELS[name], image, out=out[name])
                best[name][i] = min(best[name][i], timed_s(style))
    sizes = [image.shape[0] * image.shape[1] / 1e6 for image in images]
    return [Growth(name, sizes, seconds) for name, seconds in best.items()]


_MEMORY = """
import json, sys
import numpy as np
from toolkit.images.photos import at_size, photo
from benchmarks.kernels_speed import FOUR_STYLES, four_styles_by
job = four_styles_by(sys.argv[1])
small = np.zeros((64, 64, 3), np.uint8)
image, _ = at_size(photo(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
outputs = {name: np.ones_like(image) for name in FOUR_STYLES}
job(small, {name: np.ones_like(small) for name in outputs})

def status(field):
    for line in open("/proc/self/status"):
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024

before = status("VmRSS")
open("/proc/self/clear_refs", "w").write("5")
job(image, outputs)
print(json.dumps(status("VmHWM") - before))
"""


def four_styles_by(who: str) -> Callable[[Image, dict[str, Image]], None]:
    """The four-style job of ``"ours"`` or of ``"opencv"``, into given outputs."""

    def ours(image: Image, outputs: dict[str, Image]) -> None:
        apply_styles(image, JOB_PARAMS, out=outputs)

    def theirs(image: Image, outputs: dict[str, Image]) -> None:
        for name, out in outputs.items():
            out[...] = OPENCV[name](image)

    return {"ours": ours, "opencv": theirs}[who]


def peak_bytes(who: str, photo_path: str, width: int, height: int) -> int:
    """Peak memory of the four-style job in a fresh process, minus outputs and the RSS after a 64 x 64 px warm-up."""
    command = [sys.executable, "-c", _MEMORY, who, photo_path, str(width), str(height)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return int(json.loads(done.stdout))


_FIRST_CALLS = """
import json, time
import numpy as np
start = time.perf_counter()
from tests.kernels.pictures import CASES, KERNELS
imported = time.perf_counter()
image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
seconds = {}
for style, params in CASES:
    kind = (style, *(params[key] for key in ("flags", "tone") if key in params))
    if kind not in seconds:
        before = time.perf_counter()
        KERNELS[style](image, **params)
        seconds[kind] = time.perf_counter() - before
print(json.dumps([[" ".join(kind), value] for kind, value in seconds.items()]))
"""


def first_calls_s() -> Iterator[tuple[str, float, float]]:
    """Time of each style's first call with an empty cache, and in a new process with everything compiled."""
    with tempfile.TemporaryDirectory() as folder:
        variables = os.environ | {"NUMBA_CACHE_DIR": folder}
        command = [sys.executable, "-c", _FIRST_CALLS]
        runs = [
            json.loads(
                subprocess.run(
                    command, cwd=ROOT, env=variables, capture_output=True, text=True, check=True
                ).stdout
            )
            for _ in range(2)
        ]
    for (what, cold_s), (_, warm_s) in zip(*runs, strict=True):
        yield what, cold_s, warm_s
