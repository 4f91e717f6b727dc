"""Input and output of kernels: any layout of a picture, any place for the result, the same bits for any threads."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest

from tests.kernels.pictures import CASES, IDS, KERNELS, photographs
from toolkit.core.errors import InvalidValue
from toolkit.kernels.picture import available_bytes

PHOTOGRAPH = photographs()["astronaut"]


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="one core: nothing to share")
@pytest.mark.parametrize(("style", "params"), CASES, ids=IDS)
def test_any_number_of_threads_and_any_run_gives_the_same_bits(style: str, params: dict[str, Any]) -> None:
    before = numba.get_num_threads()
    try:
        results = []
        for threads in (1, 2, 2):
            numba.set_num_threads(threads)
            results.append(KERNELS[style](PHOTOGRAPH, **params))
    finally:
        numba.set_num_threads(before)
    assert np.array_equal(results[0], results[1])
    assert np.array_equal(results[1], results[2])


@pytest.mark.parametrize("style", list(KERNELS))
def test_a_read_only_picture_works_and_is_untouched(style: str) -> None:
    image = PHOTOGRAPH.copy()
    image.flags.writeable = False
    expected = KERNELS[style](PHOTOGRAPH)
    before = PHOTOGRAPH.copy()
    result = KERNELS[style](image)
    assert np.array_equal(result, expected)
    assert np.array_equal(PHOTOGRAPH, before)
    assert result.flags.writeable and result.flags.c_contiguous


@pytest.mark.parametrize("style", list(KERNELS))
def test_a_strided_picture_is_the_same_picture(style: str) -> None:
    strided = np.repeat(PHOTOGRAPH, 2, axis=1)[:, ::2]
    assert np.array_equal(KERNELS[style](strided), KERNELS[style](PHOTOGRAPH))


@pytest.mark.parametrize("style", list(KERNELS))
def test_the_result_is_written_to_out(style: str) -> None:
    height, width = PHOTOGRAPH.shape[:2]
    expected = KERNELS[style](PHOTOGRAPH)
    sheet = np.zeros((2 * height, width, 3), np.uint8)
    below = sheet[height:]
    assert KERNELS[style](PHOTOGRAPH, out=below) is below
    assert np.array_equal(below, expected) and not sheet[:height].any()
    beside = np.zeros((height, 2 * width, 3), np.uint8)[:, :width]
    KERNELS[style](PHOTOGRAPH, out=beside)
    assert np.array_equal(beside, expected)
    in_place = PHOTOGRAPH.copy()
    KERNELS[style](in_place, out=in_place)
    assert np.array_equal(in_place, expected)


def test_an_out_array_of_another_shape_is_refused() -> None:
    with pytest.raises(InvalidValue, match="'out' of stylization must be a writable uint8 array"):
        KERNELS["stylization"](PHOTOGRAPH, out=np.zeros((2, 2, 3), np.uint8))


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 5), np.uint8),
        np.zeros((4, 5, 4), np.uint8),
        np.zeros((4, 5, 3), np.float32),
        np.zeros((0, 5, 3), np.uint8),
        "a path",
    ],
    ids=["grey", "alpha", "float", "empty", "text"],
)
@pytest.mark.parametrize("style", list(KERNELS))
def test_an_array_that_is_not_a_picture_is_refused(style: str, image: object) -> None:
    with pytest.raises(InvalidValue, match=f"'image' of {style} must be"):
        KERNELS[style](image)


@pytest.mark.skipif(
    available_bytes() > 50e9, reason="a picture that does not fit here would take too long to make"
)
@pytest.mark.parametrize("style", list(KERNELS))
def test_a_picture_too_large_for_memory_is_refused_before_anything_is_allocated(style: str) -> None:
    endless = np.broadcast_to(np.zeros((1, 1, 3), np.uint8), (65_535, 65_535, 3))
    with pytest.raises(InvalidValue, match="small enough for the memory that is free"):
        KERNELS[style](endless)


def test_a_side_longer_than_a_line_index_is_refused() -> None:
    with pytest.raises(InvalidValue, match="at most 65535 px high and wide"):
        KERNELS["stylization"](np.zeros((1, 65_536, 3), np.uint8))


def test_the_longest_side_works() -> None:
    row = np.random.default_rng(1).integers(0, 256, (1, 65_535, 3), dtype=np.uint8)
    column = np.ascontiguousarray(row.swapaxes(0, 1))
    assert np.array_equal(KERNELS["pencil_sketch"](row)[0], KERNELS["pencil_sketch"](column)[:, 0])
