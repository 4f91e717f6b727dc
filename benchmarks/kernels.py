"""Parity, speed, memory, growth and compilation of our kernels: ``make bench-kernels``.

Prints the tables and exits with 1 when a minimum is missed. Real photographs come from the folder that
``ATELIER_TEST_IMAGES`` names; without it the samples are mirror-tiled, and the result is PARTIAL.
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
    """Run every part and say what was missed."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument(
        "--quick", action="store_true", help="one photo, one block, references at 6.75 MP only"
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
        print("PARTIAL: mirror-tiled samples, no real photographs of 12 MP (set ATELIER_TEST_IMAGES).")
    return 1 if missed else 0


def photo_files() -> dict[str, Path]:
    """Real 12 MP photographs where the environment names them, else samples."""
    folder = os.environ.get("ATELIER_TEST_IMAGES")
    if folder:
        return {file.stem: file for file in sorted(Path(folder, "photos_12mp").glob("*.jpg"))}
    return {name: photo_file(name) for name in ("astronaut", "coffee", "rocket")}


def parity_table(judge: str, rows: Iterable[parity.Parity]) -> Iterable[str]:
    """Print the comparisons and yield a sentence for each that is beyond its limits."""
    print(f"\nAgreement with {judge}; a pixel is off when a channel is off by more than 1 level (detail: 2)")
    print(f"{'style':68}{'picture':28}{'largest':>8}{'pixels off':>12}{'mean':>9}{'arbitrated':>12}")
    for row in rows:
        print(
            f"{row.what:68}{row.size:28}{row.largest:8d}{row.share:12.1e}{row.mean:9.4f}{row.arbitrated:12.1e}",
            flush=True,
        )
        if not row.is_kept:
            yield f"{row.what} on {row.size} against {row.against}"


def speed_tables(photographs: dict[str, Image], *, blocks: int, threads: int) -> Iterable[str]:
    """Print times beside OpenCV's in the same blocks, one photo after the other."""
    bandwidth = speed.copy_bandwidth()
    for name, photograph in list(photographs.items())[:2]:
        width, height = speed.LARGEST_SIDES
        image, how = at_size(photograph, width, height)
        pixels = image.shape[0] * image.shape[1]
        print(
            f"\nSpeed: {name} {pixels / 1e6:.1f} MP ({how or 'centre'}), {threads} threads, {blocks} blocks"
        )
        print("OpenCV's normalised convolution is above its limit here: time to a wrong picture")
        print(f"{'style':44}{'OpenCV s':>10}{'ours s':>9}{'ratio':>8}{'range':>16}{'least':>7}{'aim':>6}")
        rows = speed.speeds(image, blocks=blocks, threads=threads)
        for row in rows:
            spread = f"{min(row.ratios):.1f} to {max(row.ratios):.1f}"
            print(
                f"{row.what:44}{min(row.theirs_s):10.2f}{min(row.ours_s):9.3f}{row.ratio:8.1f}{spread:>16}"
                f"{row.least or '':>7}{row.aim or '':>6}",
                flush=True,
            )
            if not row.is_kept:
                yield f"{row.what} is {row.ratio:.1f} times as fast as OpenCV, not {row.least}"
        stylization_s = min(rows[0].ours_s)
        moved = speed.STYLIZATION_TRAFFIC_BYTES_PER_PX * pixels / stylization_s
        print(
            f"stylization moves {moved / 1e9:.1f} GB/s through its passes: {moved / bandwidth:.0%} of the "
            f"{bandwidth / 1e9:.1f} GB/s of a copy on the same threads"
        )
        shrunken_s = speed.shrunken_job_s(image, blocks=max(2, blocks), workers=threads)
        ours_s = min(rows[-1].ours_s)
        print(f"the four styles shrunk to 2 MP by OpenCV in {threads} warm processes: {shrunken_s:.2f} s")
        if ours_s > shrunken_s:
            yield f"four styles at full size take {ours_s:.2f} s, the shrunken job {shrunken_s:.2f} s"


def growth_table(photograph: Image, *, quick: bool) -> Iterable[str]:
    """Print times against megapixels and their log-log slope."""
    rows = speed.growth(photograph, GROWTH_MEGAPIXELS[: 5 if quick else None])
    print("\nGrowth of time with size (seconds; mirror-tiled above the photo's own size)")
    print(f"{'MP':20}" + "".join(f"{size:9.1f}" for size in rows[0].megapixels) + f"{'slope':>9}")
    for row in rows:
        print(f"{row.what:20}" + "".join(f"{s:9.3f}" for s in row.ours_s) + f"{row.slope:9.3f}")
        if row.slope > speed.LARGEST_SLOPE:
            yield f"{row.what} grows with slope {row.slope:.3f}, above {speed.LARGEST_SLOPE}"


def memory_table(files: dict[str, Path]) -> Iterable[str]:
    """Print the peak memory of the four-style job, ours and OpenCV's."""
    file = str(next(iter(files.values())))
    print("\nPeak memory of the four-style job less RSS after a 64 x 64 warm-up, outputs excluded")
    for who, (width, height) in (("opencv", speed.LARGEST_SIDES), ("ours", speed.LARGEST_SIDES)):
        peak = speed.peak_bytes(who, file, width, height)
        print(
            f"{who:8} {width * height / 1e6:6.1f} MP {peak / 1e6:8.0f} MB {peak / (width * height):6.1f} B/px"
        )
        if who == "ours" and peak > speed.LARGEST_PEAK_BYTES:
            yield f"the four-style job takes {peak / 1e6:.0f} MB, above {speed.LARGEST_PEAK_BYTES / 1e6:.0f}"


def first_call_table() -> None:
    """Print what the first call of each style costs in a new process."""
    print("\nFirst call in a new process, seconds (a style that shares kernels with one above pays less)")
    print(f"{'style':40}{'cold cache':>12}{'warm cache':>12}")
    totals = [0.0, 0.0]
    for what, cold_s, warm_s in speed.first_calls_s():
        print(f"{what:40}{cold_s:12.2f}{warm_s:12.3f}")
        totals = [totals[0] + cold_s, totals[1] + warm_s]
    print(f"{'all':40}{totals[0]:12.2f}{totals[1]:12.3f}")


if __name__ == "__main__":
    sys.exit(main())
