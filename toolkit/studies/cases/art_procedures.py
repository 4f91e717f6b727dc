"""Programs that compute four art styles of one photo, as in a published article or as in Atelier."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache, lru_cache, partial
from multiprocessing import get_context
from time import perf_counter
from typing import Any

import numpy as np

from toolkit.contracts.apply import apply_styles
from toolkit.contracts.operation import OPERATIONS
from toolkit.images.image import Image
from toolkit.studies.cases.photos_of_case import photo_of
from toolkit.studies.cases.procedure import Answered, Handler, Settings

STYLES = ("pencil_sketch", "color_pencil", "oil_painting", "stylization")
OIL = "oil_painting"
CACHED = 10
"""Number of pictures that the picture cache of the published article holds."""


@cache
def _style(name: str) -> Any:
    """OpenCV's own function for a style with Atelier's default parameters, without a check of the picture's size."""
    import cv2

    op = OPERATIONS[name]
    return partial(op.kernels["opencv"](cv2), **op.resolve({}))


def draw(name: str, image: Image) -> tuple[Image, float]:
    """Compute one style of a picture with OpenCV; returns the styled picture and the seconds of the computation."""
    began = perf_counter()
    return _style(name)(image), perf_counter() - began


def _one_after_the_other(image: Image, names: tuple[str, ...]) -> Answered:
    drawn = {name: draw(name, image) for name in names}
    return Answered({n: p for n, (p, _) in drawn.items()}, {n: s for n, (_, s) in drawn.items()})


def shrink(image: Image, pixels: int) -> Image:
    """Shrink a picture that has too many pixels with OpenCV's area interpolation."""
    import cv2

    factor = (pixels / (image.shape[0] * image.shape[1])) ** 0.5
    if factor >= 1:
        return image
    size = (round(image.shape[1] * factor), round(image.shape[0] * factor))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def pool_of(workers: int) -> ProcessPoolExecutor:
    """A pool of processes with new interpreters, because a process forked after OpenCV used threads may hang."""
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


def _in_pool(pool: ProcessPoolExecutor, small: Image) -> dict[str, tuple[Image, float]]:
    futures = {name: pool.submit(draw, name, small) for name in STYLES}
    return {name: future.result() for name, future in futures.items()}


@contextmanager
def one_by_one(settings: Settings, names: tuple[str, ...] = STYLES) -> Iterator[Handler]:
    """Compute all styles at full size one after the other in one process."""
    image = photo_of(settings)
    yield lambda: _one_after_the_other(image, names)


without_oil = partial(one_by_one, names=tuple(name for name in STYLES if name != OIL))
"""The article's low-power mode: all styles except oil painting, one after the other."""


@contextmanager
def cached(settings: Settings) -> Iterator[Handler]:
    """Answer a repeated request for a photo from an ``lru_cache`` whose key is the photo's bytes."""
    image = photo_of(settings)
    answer = bytes_cache(CACHED, lambda picture: _one_after_the_other(picture, STYLES))
    answer(image)  # the first request, which fills the cache, is made before any request is timed

    def handle() -> Answered:
        return Answered(answer(image).pictures)

    yield handle


def bytes_cache(pictures: int, make: Any) -> Any:
    """Wrap ``make`` in an ``lru_cache`` whose key is the picture's bytes and shape; the result has ``cache_info``."""

    @lru_cache(maxsize=pictures)
    def of_bytes(data: bytes, shape: tuple[int, ...]) -> Any:
        return make(np.frombuffer(data, np.uint8).reshape(shape))

    def of(image: Image) -> Any:
        return of_bytes(image.tobytes(), image.shape)

    of.cache_info = of_bytes.cache_info
    return of


@contextmanager
def shrunk_alone(settings: Settings) -> Iterator[Handler]:
    """Shrink the photo, then compute all styles one after the other, without a pool of processes."""
    image = photo_of(settings)

    def handle() -> Answered:
        began = perf_counter()
        small = shrink(image, settings["shrink_px"])
        shrink_s = perf_counter() - began
        answered = _one_after_the_other(small, STYLES)
        return Answered(answered.pictures, {"shrink": shrink_s, **answered.stages_s})

    yield handle


@contextmanager
def shrunk_per_request(settings: Settings) -> Iterator[Handler]:
    """Shrink the photo, then compute one style in each process of a pool that is started for each request."""
    image = photo_of(settings)

    def handle() -> Answered:
        began = perf_counter()
        small = shrink(image, settings["shrink_px"])
        shrunk = perf_counter()
        with pool_of(settings["workers"]) as pool:
            drawn = _in_pool(pool, small)
            done = perf_counter()
        return _answered(drawn, shrink_s=shrunk - began, pool_s=done - shrunk, end_s=perf_counter() - done)

    yield handle


@contextmanager
def shrunk_warm(settings: Settings) -> Iterator[Handler]:
    """Shrink the photo, then compute one style in each process of a pool that lives as long as the service."""
    image = photo_of(settings)
    with pool_of(settings["workers"]) as pool:

        def handle() -> Answered:
            began = perf_counter()
            small = shrink(image, settings["shrink_px"])
            shrunk = perf_counter()
            drawn = _in_pool(pool, small)
            return _answered(drawn, shrink_s=shrunk - began, pool_s=perf_counter() - shrunk, end_s=0.0)

        yield handle


def _answered(
    drawn: dict[str, tuple[Image, float]], *, shrink_s: float, pool_s: float, end_s: float
) -> Answered:
    slowest_s = max(seconds for _, seconds in drawn.values())
    stages = {
        "shrink": shrink_s,
        "the slowest style, in its own process": slowest_s,
        "start of processes, waiting, copying pictures": max(0.0, pool_s - slowest_s),
    }
    if end_s:
        stages["end of processes"] = end_s
    return Answered({name: picture for name, (picture, _) in drawn.items()}, stages)


@contextmanager
def ours(settings: Settings) -> Iterator[Handler]:
    """Compute all styles at full size in one process by `apply_styles`, which computes shared steps only once."""
    image = photo_of(settings)
    yield lambda: Answered(apply_styles(image, STYLES))


def lru_hits(pictures: int) -> int:
    """Number of hits of a cache of `CACHED` pictures if `pictures` pictures are requested in order, twice."""
    tiny = [np.full((4, 4, 3), number, np.uint8) for number in range(pictures)]
    answer = bytes_cache(CACHED, np.copy)
    for picture in [*tiny, *tiny]:
        answer(picture)
    hits: int = answer.cache_info().hits
    return hits
