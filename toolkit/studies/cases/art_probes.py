"""Further measurements of the art-filter case: concurrent requests, starting processes, hits of a picture cache."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from multiprocessing import get_context
from time import perf_counter
from typing import Any

from toolkit.studies.cases import art_procedures
from toolkit.studies.cases.photos_of_case import photo_of
from toolkit.studies.cases.procedure import Handler, Settings
from toolkit.studies.cases.requests_at_once import most_at_once

_HANGS_AFTER_S = 10.0


def concurrency(settings: Settings) -> dict[str, Any]:
    """Find how many requests can arrive together and all end within ``patience_s`` seconds, for three procedures."""
    found: dict[str, Any] = {}
    procedures: dict[str, Callable[[Settings], AbstractContextManager[Handler]]] = {
        "one_by_one": art_procedures.one_by_one,
        "shrunk_warm": art_procedures.shrunk_warm,
        "ours": art_procedures.ours,
    }
    for name, opened in procedures.items():
        with opened(settings) as handle:
            most, slowest = most_at_once(handle, settings["concurrent"], patience_s=settings["patience_s"])
        found |= {name: most, f"{name}_slowest_s": slowest}
    return found


def process_start(settings: Settings) -> dict[str, Any]:
    """Seconds until each process of a new pool has imported OpenCV and answered a call, for each start method."""
    import cv2

    photo = photo_of(settings)
    workers = settings["workers"]
    found: dict[str, Any] = {"workers": workers}
    for method in ("spawn", "fork") if hasattr(os, "fork") else ("spawn",):
        began = perf_counter()
        with ProcessPoolExecutor(workers, mp_context=get_context(method)) as pool:
            list(pool.map(_opencv_version, range(workers)))
            found[f"{method}_s"] = perf_counter() - began
    found["after_opencv"] = "not tried"
    if hasattr(os, "fork"):
        cv2.blur(photo, (5, 5))  # this call makes OpenCV start its threads
        found["after_opencv"] = _forked_answers(photo)
    return found


def _opencv_version(_: int) -> str:
    import cv2

    return str(cv2.__version__)


def _forked_answers(photo: Any) -> str:
    """Whether a forked process can still call OpenCV if OpenCV had used its threads before the fork."""
    import cv2

    def child() -> None:
        cv2.blur(photo, (5, 5))

    process = get_context("fork").Process(target=child, daemon=True)
    process.start()
    process.join(_HANGS_AFTER_S)
    if process.is_alive():
        process.kill()
        process.join()
        return "hangs"
    return "answers" if process.exitcode == 0 else f"ends with exit code {process.exitcode}"


def cache_hits(settings: Settings) -> dict[str, Any]:
    """Count the hits of the article's picture cache for as many photos as it holds, and for two photos more."""
    held = art_procedures.CACHED
    photo_bytes = settings["width"] * settings["height"] * 3
    return {
        "held": held,
        "hits_of_held": art_procedures.lru_hits(held),
        "hits_of_two_more": art_procedures.lru_hits(held + 2),
        "full_bytes": held * photo_bytes * (1 + len(art_procedures.STYLES)),
    }
