"""A crop of the input plus the operation's halo gives the same crop of the output, or the operation has no halo."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import toolkit as tk
from tests.contracts.test_operations import EXTREMES, opened
from toolkit.contracts.operation import OPERATIONS
from toolkit.core.params import Value
from toolkit.images.image import Image

FILTERS = sorted(name for name in OPERATIONS if OPERATIONS[name].network is None)
WITHOUT = {"fit_pixels", "fit_side", "styles"}
_CROP_PX, _ACROSS_PX = 24, 12


def _cases() -> Iterator[tuple[str, dict[str, Value], bool]]:
    """Each operation with a halo: defaults and all upper ends along rows and columns; each end of a parameter."""
    for name in (name for name in FILTERS if OPERATIONS[name].halo):
        op = OPERATIONS[name]
        for given in ({}, {p.name: p.high for p in op.params if p.high is not None}):
            yield from ((name, given, turned) for turned in (False, True))
        for case_name, backend, given in (case.values for case in EXTREMES):
            if (case_name, backend) == (name, op.reference):
                yield name, given, False


def _strip(length: int) -> Image:
    """A piece of a photo beside slow ramps, which have no edge that would stop a filter."""
    up_and_down = 255 - np.abs((np.arange(length) // 16) % 510 - 255)
    strip = np.ascontiguousarray(
        np.broadcast_to(up_and_down[None, :, None], (_ACROSS_PX, length, 3)).astype(np.uint8)
    )
    middle = length // 2
    strip[:, middle - 20 : middle] = tk.photo("coffee")[200 : 200 + _ACROSS_PX, 200:220]
    return strip


@pytest.mark.parametrize(("name", "given", "turned"), [*_cases()], ids=str)
def test_a_crop_with_its_halo_is_the_crop_of_the_whole(
    name: str, given: dict[str, Value], turned: bool
) -> None:
    op = OPERATIONS[name]
    params = op.resolve(given)
    halo = op.halo_of(params)
    assert halo is not None
    strip = _strip(_CROP_PX + 4 * halo + 32)
    first = strip.shape[1] // 2 - _CROP_PX // 2
    read = strip[:, first - halo : first + _CROP_PX + halo]
    scale = op.shape(1, 1, params)[0]
    with opened(name, op.reference, **given) as kernel:
        both = [np.ascontiguousarray(one.swapaxes(0, 1) if turned else one) for one in (strip, read)]
        whole, part = (kernel(one).swapaxes(0, 1) if turned else kernel(one) for one in both)
    wanted = whole[:, first * scale : (first + _CROP_PX) * scale].astype(int)
    found = part[:, halo * scale : (halo + _CROP_PX) * scale]
    assert np.abs(wanted - found).max() <= 1


def test_an_operation_without_a_halo_says_so() -> None:
    assert {
        name for name in FILTERS if OPERATIONS[name].halo_of(OPERATIONS[name].resolve({})) is None
    } == WITHOUT
    assert OPERATIONS["matting"].halo_of(OPERATIONS["matting"].resolve({})) is None
    assert OPERATIONS["edsr"].halo_of(OPERATIONS["edsr"].resolve({})) == 67
