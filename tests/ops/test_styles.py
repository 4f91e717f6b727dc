"""Several styles in one call: each is the same as alone, whatever a backend shares among them."""

from __future__ import annotations

import numpy as np
import pytest

import toolkit as tk
from toolkit.contracts.operation import OPERATIONS
from toolkit.core.errors import UnknownName

PHOTO = np.ascontiguousarray(tk.photo("astronaut")[40:151, 60:201])
FOUR = ["pencil_sketch", "color_pencil", "oil_painting", "stylization"]


@pytest.mark.parametrize("backend", OPERATIONS["styles"].kernels)
def test_each_style_is_the_same_bit_for_bit_as_alone(backend: str) -> None:
    together = tk.apply_styles(PHOTO, FOUR, backend=backend)
    assert list(together) == FOUR
    for name, styled in together.items():
        assert np.array_equal(styled, tk.apply(name, PHOTO, backend=backend))


def test_by_default_all_four_styles_are_drawn_one_below_the_other() -> None:
    sheet = tk.apply("styles", PHOTO)
    for number, name in enumerate(FOUR):
        assert np.array_equal(sheet[111 * number : 111 * (number + 1)], tk.apply(name, PHOTO))


@pytest.mark.parametrize("backend", ["numba", "opencv"])
def test_a_style_that_is_named_twice_is_drawn_once(backend: str) -> None:
    once, twice = (
        tk.apply("styles", PHOTO, backend=backend, styles=names)
        for names in ("oil_painting", "oil_painting+oil_painting")
    )
    assert np.array_equal(once, twice)


def test_an_unknown_style_is_named_with_a_suggestion() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'oil_painting'"):
        tk.apply("styles", PHOTO, styles="stylization+oil_paintings")
