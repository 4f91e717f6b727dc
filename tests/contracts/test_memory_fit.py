"""A picture that is too large for the free memory runs in tiles, or is refused with a way out; nothing is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import toolkit as tk
from toolkit.contracts.memory_fit import tile_for
from toolkit.contracts.operation import OPERATIONS

_LIMITED = """
import resource, sys
import torch  # its libraries take gigabytes of address space, whatever the picture
from toolkit.apps.cli.main import run
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
limit = size + int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
sys.exit(run(sys.argv[2:]))
"""
_NOISE = ["--weights", "untrained", "--backend", "torch", "--threads", "1"]


def _apply(
    operation: str, picture: Path, out: Path, *more: str, room: int
) -> subprocess.CompletedProcess[str]:
    given = ["apply", operation, str(picture), str(out), *_NOISE, *more]
    return subprocess.run(
        [sys.executable, "-c", _LIMITED, str(room), *given], capture_output=True, text=True, timeout=120
    )


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch")
    if not sys.platform.startswith("linux"):
        pytest.skip("the limit of the address space is read from /proc")
    coffee = tk.photo("coffee")
    large = np.tile(coffee, (3, 3, 1))[:1100, :1700]
    return tk.save(np.ascontiguousarray(large), tmp_path_factory.mktemp("large") / "large.png")


def test_tiles_are_chosen_where_the_whole_picture_does_not_fit(picture: Path, tmp_path: Path) -> None:
    room = 900_000_000
    needed = OPERATIONS["fsrcnn"].network_of(OPERATIONS["fsrcnn"].resolve({"scale": 2}))
    assert needed is not None and needed.memory_bytes("torch", 1100 * 1700) > room
    done = _apply("fsrcnn", picture, tmp_path / "out.png", "--scale", "2", room=room)
    assert (done.returncode, done.stderr) == (0, "")
    whole = tk.apply("fsrcnn", tk.load(picture), backend="torch", weights="untrained", scale=2)
    difference = np.abs(tk.load(tmp_path / "out.png").astype(int) - whole)
    assert difference.max() <= 1


def test_a_network_without_tiles_is_refused_with_the_option_that_helps(picture: Path, tmp_path: Path) -> None:
    small = tk.save(tk.photo("coffee")[:64, :64], tmp_path / "small.png")
    (tmp_path / "in").mkdir()
    for file in (picture, small):
        (tmp_path / "in" / file.name).symlink_to(file)
    refused = _apply("anime", tmp_path / "in", tmp_path / "out", room=1_500_000_000)
    assert refused.returncode == 4
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["small.png"]
    megapixels = refused.stderr.partition("--max-megapixels ")[2].partition(",")[0]
    out = tmp_path / "out.png"
    done = _apply("anime", picture, out, "--max-megapixels", megapixels, room=1_500_000_000)
    assert (done.returncode, done.stderr) == (0, "")
    assert 0.9e6 * float(megapixels) < np.prod(tk.load(out).shape[:2]) <= 1e6 * float(megapixels)


@pytest.mark.parametrize("pixels", [10_000, 300_000, 10_000_000])
@pytest.mark.parametrize(("halo", "multiple"), [(4, 1), (67, 1), (30, 8)])
def test_a_tile_with_its_halo_fits(pixels: int, halo: int, multiple: int) -> None:
    tile = tile_for(halo=halo, multiple=multiple, pixels=pixels)
    assert tile % multiple == 0 and tile <= 1024
    assert not tile or (tile + 2 * halo) ** 2 <= pixels
