"""Where the time of one picture goes when a service runs a network: from file to file."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

from toolkit.contracts.loaded_network import LoadedNetwork
from toolkit.contracts.measurement import PIPELINE
from toolkit.images.image import Image, load, save

_LONGEST_S = 1.0
_MOST_CALLS = 20


def stage_times(loaded: LoadedNetwork, photos: Sequence[Image]) -> dict[str, float]:
    """Median seconds of each stage, the pictures taken in turn.

    A picture comes as a JPEG file of quality 95 and leaves as JPEG, or as PNG where it has another number of channels
    than three; both lie in the page cache. Pictures go through whole and one by one.

    Parameters
    ----------
    photos : sequence of ndarray, uint8 (H, W, 3), BGR

    Returns
    -------
    dict
        A key for each of `PIPELINE`; at least one call after one that is not timed, and no new one after a second.
    """
    taken: dict[str, list[float]] = {stage: [] for stage in PIPELINE}
    with tempfile.TemporaryDirectory(prefix="atelier-pipeline-") as folder:
        files = [Path(folder) / f"{number}.jpg" for number in range(len(photos))]
        for photo, file in zip(photos, files, strict=True):
            save(photo, file)
        # Trials of many pictures a call never ran one alone, and a compiler has to meet that size first.
        loaded.infer(loaded.network.prepare(photos[0]))
        end = perf_counter() + _LONGEST_S
        for number in range(_MOST_CALLS):
            for stage, seconds in _once(loaded, files[number % len(files)], Path(folder)).items():
                taken[stage].append(seconds)
            if perf_counter() > end:
                break
    return {stage: median(times) for stage, times in taken.items()}


def _once(loaded: LoadedNetwork, file: Path, folder: Path) -> dict[str, float]:
    network, marks = loaded.network, [perf_counter()]
    image = load(file)
    marks.append(perf_counter())
    prepared = network.prepare(image)
    marks.append(perf_counter())
    output = loaded.infer(prepared)
    marks.append(perf_counter())
    picture = network.finish(output, image)
    marks.append(perf_counter())
    save(picture, folder / ("out.jpg" if picture.shape[2] == 3 else "out.png"), force=True)
    marks.append(perf_counter())
    return {stage: marks[i + 1] - marks[i] for i, stage in enumerate(PIPELINE)}
