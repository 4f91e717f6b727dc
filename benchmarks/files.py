"""Oil paintings of 12 MP photos from file to file: our executor against a plain loop of OpenCV calls, in turns.

Run: ``make bench-files`` (``SHORT=1``: 12 photos instead of 200), or ``python -m benchmarks.files [--short]``. The
photos are shifted crops of those in the folder ``ATELIER_TEST_IMAGES``. Exits with 1 if a minimum is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

import toolkit as tk
from benchmarks.kernels import photo_files
from toolkit.contracts.backend import Placement
from toolkit.contracts.fingerprint import fingerprint, summary
from toolkit.images.image import Image
from toolkit.images.photos import photo
from toolkit.machine.hardware import allowed_cpus
from toolkit.workers.executor import EXECUTORS, Work
from toolkit.workers.item import FileTarget, Item, Outcome

WIDTH, HEIGHT, ROUNDS = 4032, 3024, 4
LEAST = {".jpg": 6.0, ".png": 4.0}
BYTES_WITHIN = 0.10
STAGES_WITHIN = 0.05


def main() -> int:
    """Measure both formats in turns and print times, ratios, bytes and stages."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.files", description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="12 photos instead of 200")
    count = 12 if parser.parse_args().short else 200
    print(summary(fingerprint()))
    with tempfile.TemporaryDirectory(prefix="atelier-files-") as folder:
        files = written_photos(Path(folder), count)
        missed = [line for suffix in LEAST for line in compared(files, Path(folder), suffix)]
    for line in missed:
        print("MISSED:", line)
    return 1 if missed else 0


def written_photos(folder: Path, count: int) -> list[Path]:
    """Distinct shifted crops of the test photos as JPEG files of quality 90."""
    import cv2

    sources = [photo(file) for file in photo_files().values()]
    files = []
    for number in range(count):
        file = folder / f"photo-{number:03d}.jpg"
        cv2.imwrite(str(file), crop(sources[number % len(sources)], number), [cv2.IMWRITE_JPEG_QUALITY, 90])
        files.append(file)
    return files


def crop(source: Image, number: int) -> Image:
    """12 MP of a photo, shifted by a step for each number; a smaller photo is continued by its mirror image."""
    height, width = source.shape[:2]
    rows, columns = HEIGHT + 16 * number, WIDTH + 16 * number
    padding = ((0, max(0, rows - height)), (0, max(0, columns - width)), (0, 0))
    whole = np.pad(source, padding, mode="symmetric") if any(p[1] for p in padding) else source
    return np.ascontiguousarray(whole[16 * number :, 16 * number :][:HEIGHT, :WIDTH])


def compared(files: list[Path], folder: Path, suffix: str) -> list[str]:
    """Print the ratio for one format; returns what misses its minimum."""
    parts = np.array_split(np.array(files, dtype=object), min(ROUNDS, len(files)))
    before_s, after_s, outcomes = list[float](), list[float](), list[Outcome]()
    work = Work(operation="oil_painting", backend="numba", placement=Placement(threads=1))
    with EXECUTORS["processes"].open(work, workers=allowed_cpus()) as pool:
        list(
            pool.run(items(files[:1], folder, suffix))
        )  # the file that compiled code is read from is then warm
        for number, part in enumerate(parts):
            for is_ours in (True, False) if number % 2 else (False, True):
                started = perf_counter()
                if is_ours:
                    outcomes += pool.run(items(part, folder, suffix))
                else:
                    plain_loop(part, folder, suffix)
                (after_s if is_ours else before_s).append((perf_counter() - started) / len(part))
    return report(files, folder, suffix, before_s=before_s, after_s=after_s, outcomes=outcomes)


def items(files: Iterable[Path], folder: Path, suffix: str) -> Iterator[Item]:
    """The photos with their targets."""
    for number, file in enumerate(files):
        target = FileTarget(path=folder / f"ours-{file.stem}{suffix}", suffix=suffix)
        yield Item(index=number, source=file, target=target)


def report(
    files: list[Path],
    folder: Path,
    suffix: str,
    *,
    before_s: list[float],
    after_s: list[float],
    outcomes: list[Outcome],
) -> list[str]:
    """Print times, ratios, bytes and stages; returns what misses its minimum."""
    ratios = [b / a for b, a in zip(before_s, after_s, strict=True)]
    ratio = median(ratios)
    sizes = [
        sum((folder / f"{who}-{f.stem}{suffix}").stat().st_size for f in files) for who in ("ours", "plain")
    ]
    bytes_ratio = sizes[0] / sizes[1]
    stages = stage_means(outcomes)
    whole_s = sum(o.finished_s - o.started_s for o in outcomes) / len(outcomes)
    covered = sum(stages.values()) / whole_s
    failed = [outcome.error for outcome in outcomes if not outcome.is_ok]
    print(
        f"\n{len(files)} JPEGs of {WIDTH} x {HEIGHT} px into oil paintings, {suffix}, {len(ratios)} rounds in turns"
    )
    print(f"  seconds a picture: plain loop {median(before_s):.2f}, ours {median(after_s):.3f}")
    print(
        f"  ratio {ratio:.2f} ({min(ratios):.2f} to {max(ratios):.2f}), at least {LEAST[suffix]:g} required"
    )
    print(f"  bytes: {bytes_ratio:.3f} of what cv2.imwrite writes")
    print("  " + ", ".join(f"{stage} {seconds * 1e3:.0f} ms" for stage, seconds in stages.items()))
    print(f"  the stages add up to {covered:.1%} of the time from submitting to the end")
    checks = {
        f"{suffix}: ratio {ratio:.2f}": ratio >= LEAST[suffix],
        f"{suffix}: bytes {bytes_ratio:.3f}": abs(bytes_ratio - 1) <= BYTES_WITHIN,
        f"{suffix}: stages {covered:.1%}": abs(covered - 1) <= STAGES_WITHIN,
        f"{suffix}: {failed[:1]}": not failed,
    }
    return [line for line, holds in checks.items() if not holds]


def plain_loop(files: Iterable[Path], folder: Path, suffix: str) -> None:
    """What people write: read, paint and write with OpenCV, at its default number of threads."""
    import cv2

    size = tk.OPERATIONS["oil_painting"].resolve({})
    for file in files:
        image = cv2.imread(str(file))
        painted = cv2.xphoto.oilPainting(image, int(size["size"]), int(size["dynRatio"]))
        target = folder / f"plain-{file.stem}{suffix}"
        cv2.imwrite(str(target), painted)


def stage_means(outcomes: list[Outcome]) -> dict[str, float]:
    """Mean seconds of each stage."""
    names = dict.fromkeys(name for outcome in outcomes for name in outcome.stages_s)
    return {
        name: sum(outcome.stages_s.get(name, 0.0) for outcome in outcomes) / len(outcomes) for name in names
    }


if __name__ == "__main__":
    sys.exit(main())
