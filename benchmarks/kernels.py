"""Agreement, speed, growth, memory and compilation of our kernels, compared with OpenCV's filters.

Run: ``make bench-kernels``, or ``python -m benchmarks.kernels [--quick]``. Prints the tables and exits with 1 if a
required minimum is missed. Real photographs come from the folder that ``ATELIER_TEST_IMAGES`` names; without it sample
photos are mirror-tiled, and the result is marked PARTIAL.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from toolkit.kernels.compiled_cache import cache_folder

os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_folder()))  # before Numba is imported


from benchmarks import kernels_parity as parity
from benchmarks import kernels_speed as speed
from toolkit.contracts.fingerprint import fingerprint, summary
from toolkit.images.image import Image
from toolkit.images.photos import at_size, photo, photo_file
from toolkit.machine.hardware import allowed_cpus

GROWTH_MEGAPIXELS = (1.0, 2.0, 4.0, 12.2, 24.0, 50.0, 100.0)


def main() -> int:
    """Run every part and print which minima were missed."""
    arguments = argparse.ArgumentParser(
        prog="python -m benchmarks.kernels", description=__doc__.splitlines()[0]
    )
    arguments.add_argument(
        "--quick", action="store_true", help="one photo, one block, the float64 references at 6.75 MP only"
    )
    quick = arguments.parse_args().quick
    threads = min(2, allowed_cpus())
    files = photo_files()
    photographs = {name: photo(file) for name, file in list(files.items())[: 1 if quick else None]}
    print(summary(fingerprint()))
    print(f"{threads} threads")
    missed = [
        *parity_table("OpenCV", parity.against_opencv(photographs, at_both_ends=not quick)),
        *parity_table(
            "the float64 reference",
            parity.against_reference(photographs, parity.SIZES_ABOVE_OPENCV[: 1 if quick else None]),
        ),
        *speed_tables(photographs, blocks=1 if quick else 3, threads=threads),
        *growth_table(next(iter(photographs.values())), quick=quick),
        *memory_table(files),
    ]
    first_call_table()
    for sentence in missed:
        print("MISSED:", sentence)
    if not os.environ.get("ATELIER_TEST_IMAGES"):
        print("PARTIAL: mirror-tiled samples instead of real photographs of 12 MP (set ATELIER_TEST_IMAGES).")
    return 1 if missed else 0


def photo_files() -> dict[str, Path]:
    """Real 12 MP photographs if ``ATELIER_TEST_IMAGES`` is set, else sample photos."""
    folder = os.environ.get("ATELIER_TEST_IMAGES")
    if folder:
        return {file.stem: file for file in sorted(Path(folder, "photos_12mp").glob("*.jpg"))}
    return {name: photo_file(name) for name in ("astronaut", "coffee", "rocket")}


def parity_table(judge: str, rows: Iterable[parity.Parity]) -> Iterable[str]:
    """Print the comparisons, and yield a sentence for each that exceeds its limits."""
    print(
        f"\nAgreement with {judge}. A pixel differs if a channel differs by more than 1 level (detail_enhance: 2)."
    )
    print("Excluded: pixels where OpenCV itself differs from the float64 reference.")
    print(f"{'style':68}{'picture':28}{'largest':>8}{'differing':>12}{'mean':>9}{'excluded':>12}")
    for row in rows:
        print(
            f"{row.what:68}{row.size:28}{row.largest:8d}{row.share:12.1e}{row.mean:9.4f}{row.arbitrated:12.1e}",
            flush=True,
        )
        if not row.is_kept:
            yield f"{row.what} on {row.size} does not agree with {row.against}"


def speed_tables(photographs: dict[str, Image], *, blocks: int, threads: int) -> Iterable[str]:
    """Print our times and OpenCV's, measured in the same blocks, for one photo after the other."""
    bandwidth = speed.copy_bandwidth()
    for name, photograph in list(photographs.items())[:2]:
        width, height = speed.LARGEST_SIDES
        image, how = at_size(photograph, width, height)
        pixels = image.shape[0] * image.shape[1]
        print(
            f"\nSpeed: {name} {pixels / 1e6:.1f} MP ({how or 'centre'}), {threads} threads, {blocks} blocks"
        )
        print("At this size OpenCV's normalised convolution is wrong: its time is a time to a wrong picture.")
        print(f"{'style':44}{'OpenCV s':>10}{'ours s':>9}{'ratio':>8}{'range':>16}{'required':>10}{'aim':>6}")
        rows = speed.speeds(image, blocks=blocks, threads=threads)
        for row in rows:
            spread = f"{min(row.ratios):.1f} to {max(row.ratios):.1f}"
            print(
                f"{row.what:44}{min(row.theirs_s):10.2f}{min(row.ours_s):9.3f}{row.ratio:8.1f}{spread:>16}"
                f"{row.least or '':>10}{row.aim or '':>6}",
                flush=True,
            )
            if not row.is_kept:
                yield f"{row.what}: {row.ratio:.1f} times as fast as OpenCV, required {row.least}"
        stylization_s = min(rows[0].ours_s)
        moved = speed.STYLIZATION_TRAFFIC_BYTES_PER_PX * pixels / stylization_s
        print(
            f"stylization reads and writes {moved / 1e9:.1f} GB/s, {moved / bandwidth:.0%} of the "
            f"{bandwidth / 1e9:.1f} GB/s of a memory copy on the same threads"
        )
        shrunken_s = speed.shrunken_job_s(image, blocks=max(2, blocks), workers=threads)
        ours_s = min(rows[-1].ours_s)
        print(
            f"OpenCV's four styles of the photo shrunk to 2 MP, in {threads} warm processes: {shrunken_s:.2f} s"
        )
        if ours_s > shrunken_s:
            yield f"our four styles at full size take {ours_s:.2f} s, OpenCV's shrunk to 2 MP only {shrunken_s:.2f} s"


def growth_table(photograph: Image, *, quick: bool) -> Iterable[str]:
    """Print times for several sizes, and the slope of log time over log size."""
    rows = speed.growth(photograph, GROWTH_MEGAPIXELS[: 5 if quick else None])
    print("\nGrowth of time with size (seconds; slope 1: linear; mirror-tiled above the photo's own size)")
    print(f"{'MP':20}" + "".join(f"{size:9.1f}" for size in rows[0].megapixels) + f"{'slope':>9}")
    for row in rows:
        print(f"{row.what:20}" + "".join(f"{s:9.3f}" for s in row.ours_s) + f"{row.slope:9.3f}")
        if row.slope > speed.LARGEST_SLOPE:
            yield f"{row.what}: time grows with slope {row.slope:.3f}, at most {speed.LARGEST_SLOPE} allowed"


def memory_table(files: dict[str, Path]) -> Iterable[str]:
    """Print the peak memory of the four-style job, for OpenCV and for our kernels."""
    file = str(next(iter(files.values())))
    print("\nPeak memory of the four-style job, without its outputs and the RSS after a 64 x 64 px warm-up")
    for who, (width, height) in (("opencv", speed.LARGEST_SIDES), ("ours", speed.LARGEST_SIDES)):
        peak = speed.peak_bytes(who, file, width, height)
        print(
            f"{who:8} {width * height / 1e6:6.1f} MP {peak / 1e6:8.0f} MB {peak / (width * height):6.1f} B/px"
        )
        if who == "ours" and peak > speed.LARGEST_PEAK_BYTES:
            yield f"the four-style job takes {peak / 1e6:.0f} MB, at most {speed.LARGEST_PEAK_BYTES / 1e6:.0f} allowed"


def first_call_table() -> None:
    """Print the time of each style's first call in a new process."""
    print("\nFirst call in a new process, seconds (less for a style that shares kernels with one above it)")
    print(f"{'style':40}{'cold cache':>12}{'warm cache':>12}")
    totals = [0.0, 0.0]
    for what, cold_s, warm_s in speed.first_calls_s():
        print(f"{what:40}{cold_s:12.2f}{warm_s:12.3f}")
        totals = [totals[0] + cold_s, totals[1] + warm_s]
    print(f"{'all':40}{totals[0]:12.2f}{totals[1]:12.3f}")


if __name__ == "__main__":
    sys.exit(main())
