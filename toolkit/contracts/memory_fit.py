"""Run a network within the free memory: on the whole picture or in tiles; or refuse the picture with an error."""

from __future__ import annotations

import math
from dataclasses import replace

from toolkit.contracts.loaded_network import form_of
from toolkit.contracts.placed import Placed
from toolkit.core import units
from toolkit.core.choices import Device
from toolkit.core.errors import TrialFailed
from toolkit.machine.free_memory import free_bytes
from toolkit.models.network import Network

_SHARE = 0.7
"""Share of the free memory that a network may take: other programs need memory too, and the estimate is rough."""

# Error messages advise this share of the largest picture size, because less memory may be free in the next run.
_ADVISED = 0.9
_LARGEST_TILE_PX, _SMALLEST_TILE_PX = 1024, 32


def fitted(placed: Placed, height: int, width: int) -> Placed:
    """The operation `placed`, set to run in tiles if the whole picture would need more memory than is free.

    Parameters
    ----------
    height, width : int
        Size of the picture, px.

    Raises
    ------
    TrialFailed
        The memory is too small, and the network cannot run in tiles.
    """
    network = placed.network
    has_own_kernel = placed.backend.entry in placed.op.kernels
    if network is None or has_own_kernel or placed.params["tile"] or placed.placement.device != Device.CPU:
        return placed
    # The free memory is read only for networks: reading the free memory takes longer (1 ms) than a small filter runs.
    free, per_px = free_bytes(), network.memory_bytes(placed.backend.name, 1)
    if free is None or height * width * per_px <= _SHARE * free:
        return placed
    found = form_of(network, placed.backend, placed.placement.precision)
    if found is not None and found[1] != "pb" and network.halo is not None:
        tile = tile_for(halo=network.halo, multiple=network.multiple, pixels=int(_SHARE * free / per_px))
        if tile:
            return replace(placed, params={**placed.params, "tile": tile})
    raise TrialFailed(_too_large(placed, network, height * width, free))


def tile_for(*, halo: int, multiple: int, pixels: int) -> int:
    """Side, px, of tiles that read at most `pixels` pixels each, halo included; 0 if even the smallest tile reads more.

    >>> tile_for(halo=21, multiple=1, pixels=300_000), tile_for(halo=67, multiple=1, pixels=20_000)
    (480, 0)
    """
    steps = math.lcm(_SMALLEST_TILE_PX, multiple)
    side = min(_LARGEST_TILE_PX, math.isqrt(pixels) - 2 * (halo + multiple))
    return max(0, side // steps * steps)


def _too_large(placed: Placed, network: Network, pixels: int, free: int) -> str:
    backend = placed.backend.name
    need, fitting = (
        network.memory_bytes(backend, pixels),
        _ADVISED * _SHARE * free / network.memory_bytes(backend, 1),
    )
    whole = f"backend {backend} runs the network on whole pictures, or the memory is too small"
    why = network.whole_because or whole
    fits_mp = max(0.01, math.floor(fitting / 1e4) / 100)
    return (
        f"{placed.op.name} needs about {units.byte_count(need)} of memory for {pixels / 1e6:.1f} MP on backend "
        f"{backend!r}, and {units.byte_count(free)} are free; the network cannot run in tiles: {why}. Shrink the "
        f"picture first with --max-megapixels {fits_mp:g}, in Python with fit_pixels."
    )
