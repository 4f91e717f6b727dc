"""Time each stage of running a picture through a network: read the file, prepare, infer, finish, write the result."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import perf_counter

from toolkit.contracts.loaded_network import LoadedNetwork
from toolkit.contracts.measurement import PIPELINE
from toolkit.images.image import Image, load, save

_LONGEST_S = 1.0  # no further call of the network starts after this many seconds
_MOST_CALLS = 20


def stage_times(loaded: LoadedNetwork, photos: Sequence[Image]) -> dict[str, float]:
    """Median seconds of each pipeline stage over several calls; each call runs one picture, not in tiles.

    Each picture is read from a JPEG file of quality 95. A result of three channels is written as JPEG, any other result
    as PNG. The times do not include the disk, as the files are in memory (page cache).

    Parameters
    ----------
    photos : sequence of ndarray, uint8 (H, W, 3), BGR
        Pictures that pass through the stages.

    Returns
    -------
    dict
        Seconds of each stage of `PIPELINE`. The first call is not timed; calls repeat for up to one second.
    """
    calls = []
    with tempfile.TemporaryDirectory(prefix="atelier-pipeline-") as folder:
        files = [Path(folder) / f"{number}.jpg" for number in range(len(photos))]
        for photo, file in zip(photos, files, strict=True):
            save(photo, file)
        # One untimed call is made first: if the trial runs several pictures in a call, the runtime may have to compile
        # again for a single picture.
        loaded.infer(loaded.network.prepare(photos[0]))
        end = perf_counter() + _LONGEST_S
        for number in range(_MOST_CALLS):
            calls.append(_once(loaded, files[number % len(files)], Path(folder)))
            if perf_counter() > end:
                break
    return {stage: median(call[stage] for call in calls) for stage in PIPELINE}


def _once(loaded: LoadedNetwork, file: Path, folder: Path) -> dict[str, float]:
    started = perf_counter()
    image = load(file)
    decoded = perf_counter()
    prepared = loaded.network.prepare(image)
    preprocessed = perf_counter()
    output = loaded.infer(prepared)
    inferred = perf_counter()
    picture = loaded.network.finish(output, image)
    postprocessed = perf_counter()
    save(picture, folder / ("out.jpg" if picture.shape[2] == 3 else "out.png"), force=True)
    marks = (started, decoded, preprocessed, inferred, postprocessed, perf_counter())
    return {stage: end - start for stage, (start, end) in zip(PIPELINE, pairwise(marks), strict=True)}
