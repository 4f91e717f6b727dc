"""Tiles keep every pixel once and read their halo."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.core.errors import InvalidValue
from toolkit.images.tiling import tiles


@given(
    height=st.integers(1, 30), width=st.integers(1, 30), tile=st.integers(1, 8), halo=st.integers(0, 9),
    multiple=st.sampled_from([1, 2, 4]),
)  # fmt: skip
def test_every_pixel_is_kept_once_with_its_halo(height, width, tile, halo, multiple):
    height, width, tile = height * multiple, width * multiple, tile * multiple
    kept = np.zeros((height, width), int)
    sizes = set()
    for part in tiles(height, width, tile=tile, halo=halo, multiple=multiple):
        for (first, last), (start, stop), side in zip(part.read, part.keep, (height, width), strict=True):
            assert first <= max(0, start - halo) and last >= min(side, stop + halo)
            assert first >= 0 and last <= side
            assert first % multiple == 0 and (last - first) % multiple == 0
        (top, bottom), (left, right) = part.keep
        kept[top:bottom, left:right] += 1
        sizes.add(tuple(last - first for first, last in part.read))
    assert (kept == 1).all()
    assert len(sizes) == 1


@pytest.mark.parametrize("tile", [0, -4, 6])
def test_a_tile_that_does_not_fit_the_network_is_refused(tile):
    with pytest.raises(InvalidValue, match="positive multiple of 4 px"):
        list(tiles(16, 16, tile=tile, halo=2, multiple=4))
