"""Alpha goes around an operation: edges stay clean, and alpha has the size of the output."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from toolkit.images.alpha import colours_of, with_alpha

ORANGE = (40, 120, 250)


def disc(stored_behind: int) -> np.ndarray:
    """An orange disc, with this level stored where it is transparent."""
    bgra = np.full((41, 53, 4), stored_behind, np.uint8)
    y, x = np.mgrid[:41, :53]
    inside = (y - 20) ** 2 + (x - 26) ** 2 < 150
    bgra[inside, :3] = ORANGE
    bgra[..., 3] = np.where(inside, 255, 0)
    return bgra


@pytest.mark.parametrize("stored_behind", [0, 255])
def test_the_colour_around_stands_behind_transparent_pixels(stored_behind: int) -> None:
    assert (np.abs(colours_of(disc(stored_behind)).astype(int) - ORANGE) <= 1).all()


def test_visible_pixels_keep_their_colours_and_a_picture_without_any_stays() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (9, 14, 4), dtype=np.uint8)
    seen = noise[..., 3] > 0
    assert np.array_equal(colours_of(noise)[seen], noise[seen][:, :3])
    noise[..., 3] = 0
    assert np.array_equal(colours_of(noise), noise[..., :3])


@pytest.mark.parametrize("size", [(82, 106), (41, 53), (11, 13)])
def test_alpha_gets_the_size_of_the_output(size: tuple[int, int]) -> None:
    bgra = disc(0)
    out = with_alpha(np.zeros((*size, 3), np.uint8), bgra[..., 3])
    wanted = cv2.resize(bgra[..., 3], size[::-1], interpolation=cv2.INTER_AREA)
    assert out.shape == (*size, 4) and np.abs(out[..., 3].astype(int) - wanted).mean() < 6
