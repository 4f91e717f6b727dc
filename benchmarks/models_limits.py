"""Extreme sizes of pictures: 100 MP in tiles with limited memory, one pixel, strips."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.models_page import Page
from toolkit.contracts.apply import apply
from toolkit.contracts.operation import OPERATIONS
from toolkit.core.errors import AtelierError, Unavailable
from toolkit.models import network_files

ROOT = Path(__file__).parents[1]
MOST_BEYOND_BYTES = 500e6
"""Memory that a tiled run may take in addition to the picture, its output and the runtime."""
TILE_PX, SCALE = 512, 2

# In a process of its own, because the high-water mark is kept for a whole process.
_TILED = """
import json, sys, time
import toolkit as tk
from toolkit.images.photos import at_size, photo, size_for

def status(field):
    for line in open("/proc/self/status"):
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024

weights, megapixels, tile, scale, threads = sys.argv[1], float(sys.argv[2]), *map(int, sys.argv[3:])
given = dict(weights=weights, tile=tile, scale=scale, threads=threads)
tk.apply("fsrcnn", photo("coffee"), **given)  # runtime and model are in memory, the tile's size is compiled
image, _ = at_size(photo("coffee"), *size_for(megapixels))
before = status("VmRSS")
open("/proc/self/clear_refs", "w").write("5")
start = time.perf_counter()
out = tk.apply("fsrcnn", image, **given)
took = time.perf_counter() - start
print(json.dumps([took, status("VmHWM") - before, image.nbytes, out.nbytes]))
"""


def limits(page: Page, *, threads: int, quick: bool) -> None:
    """Print time and memory of a large picture, and whether outputs of tiny pictures have the right size."""
    page.heading(f"A large picture: fsrcnn x{SCALE} in tiles of {TILE_PX} px")
    _large(page, 6 if quick else 100, threads)
    page.heading("Pictures of one pixel and strips of one pixel")
    page.table(["model", "picture px", "output px", "seconds", "passed"], _small(page, threads))


def _large(page: Page, megapixels: float, threads: int) -> None:
    arguments = [_weights("fsrcnn"), *map(str, (megapixels, TILE_PX, SCALE, threads))]
    done = subprocess.run(
        [sys.executable, "-c", _TILED, *arguments], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        page.require(False, f"fsrcnn on {megapixels} MP failed: {last[0]}")
        return
    took, grown, image, output = json.loads(done.stdout)
    beyond = grown - output
    kept = page.require(
        beyond <= MOST_BEYOND_BYTES,
        f"fsrcnn on {megapixels} MP takes {beyond / 1e6:.0f} MB in addition to picture and output",
    )
    page.say(
        f"{megapixels} MP in {took:.1f} s: picture {image / 1e6:.0f} MB, output {output / 1e6:.0f} MB, and "
        f"{beyond / 1e6:.0f} MB more at the peak (at most {MOST_BEYOND_BYTES / 1e6:.0f} MB allowed; passed: {kept})"
    )


def _small(page: Page, threads: int) -> Iterator[list[str]]:
    for operation in ("fsrcnn", "espcn", "carn_m", "anime", "matting"):
        op = OPERATIONS[operation]
        params = op.resolve({})
        for height, width in ((1, 1), (1, 4000), (4000, 1)):
            picture = np.full((height, width, 3), 90, np.uint8)
            start = time.perf_counter()
            try:
                output = apply(operation, picture, threads=threads, weights=_weights(operation))
            except Unavailable as error:
                page.without(f"{operation} on {width} x {height}: {error}")
                continue
            except AtelierError as error:
                page.require(False, f"{operation} on {width} x {height} px: {error}")
                continue
            took = time.perf_counter() - start
            is_kept = output.shape == op.shape(height, width, params)
            kept = page.require(
                is_kept, f"{operation} on {width} x {height} px gives an output of shape {output.shape}"
            )
            size = f"{output.shape[1]} x {output.shape[0]}"
            yield [operation, f"{width} x {height}", size, f"{took:.2f}", kept]


def _weights(operation: str) -> str:
    op = OPERATIONS[operation]
    network = op.network_of(op.resolve({}))
    assert network is not None
    try:
        for format in sorted(network.graphs):
            network_files.graph(network, format)
        if network.weights:
            network_files.checkpoint(network)
    except Unavailable:
        return "untrained"
    return "published"
