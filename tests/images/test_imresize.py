"""MATLAB's bicubic resampling, compared with results of MATLAB and of Pillow, and at the edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image as Pillow

from toolkit.images import imresize as module
from toolkit.images.imresize import imresize

NOISE = np.random.default_rng(0).integers(0, 256, (60, 84, 3), np.uint8)

# What MATLAB gave for these, as the tests of GNU Octave's image package print it: inst/imresize.m, "some reference
# results from matlab" of uint8 pictures, and "values from MATLAB" of floating point.
PICTURE = np.array(
    [
        [116, 227, 153, 69, 146, 194, 59, 130, 139, 106],
        [2, 47, 137, 249, 90, 75, 16, 24, 158, 44],
        [155, 68, 46, 84, 166, 156, 69, 204, 32, 152],
        [71, 221, 137, 230, 210, 153, 192, 115, 30, 118],
        [107, 143, 108, 52, 51, 73, 101, 21, 175, 90],
        [54, 158, 143, 77, 26, 168, 113, 229, 165, 225],
        [9, 47, 133, 135, 130, 207, 236, 43, 19, 73],
        [129, 60, 59, 243, 64, 181, 249, 56, 32, 86],
    ],
    np.uint8,
)[..., None]
HALF = [[105, 140, 126, 81, 109], [110, 134, 153, 114, 93], [108, 108, 94, 127, 146], [67, 126, 162, 149, 62]]
LARGER_FIRST_ROW = [116, 187, 237, 171, 94, 61, 135, 191, 187, 75, 91, 142, 140, 124, 108]
LARGER_LAST_ROW = [142, 99, 53, 43, 164, 237, 77, 103, 197, 254, 159, 42, 31, 59, 91]


def test_shrunk_with_antialiasing_it_is_matlabs_edges_too():
    assert imresize(PICTURE, height=4, width=5)[..., 0].tolist() == HALF


def test_enlarged_it_is_matlabs_edges_too():
    larger = imresize(PICTURE, height=12, width=15)[..., 0].astype(int)
    # "With integer Matlab rounds wrong. So a difference of 1 is acceptable": one value of each row, 61.98 and 237.90.
    for row, matlab in ((larger[0], LARGER_FIRST_ROW), (larger[-1], LARGER_LAST_ROW)):
        apart = np.abs(row - matlab)
        assert apart.max() <= 1
        assert np.count_nonzero(apart) <= 1
    # 10.27777777777777, 8 and 5.72222222222222 of 10 and 6; 18 times these are whole.
    two = np.array([[[180], [108]]], np.uint8)
    assert imresize(two, height=1, width=3)[0, :, 0].tolist() == [185, 144, 103]


@pytest.mark.parametrize(("height", "width"), [(30, 42), (20, 28), (15, 21), (25, 37), (120, 168), (60, 84)])
def test_away_from_the_edge_it_is_pillows_antialiased_bicubic(height, width):
    mild = NOISE // 2 + 64  # Pillow does columns first: where a pass clips, the order shows
    ours = imresize(mild, height=height, width=width)
    theirs = np.asarray(Pillow.fromarray(mild).resize((width, height), Pillow.Resampling.BICUBIC))
    # Pillow cuts its kernel at the edge, MATLAB mirrors the picture.
    edge = math.ceil(2 * max(height / 60, 1)) + 1
    inside = np.s_[edge:-edge, edge:-edge]
    assert np.abs(ours[inside].astype(int) - theirs[inside]).max() <= 1


def test_edges_are_mirrored():
    mirrored = np.pad(NOISE, ((24, 24), (24, 24), (0, 0)), mode="symmetric")
    wide = imresize(mirrored, height=36, width=44)
    assert np.array_equal(imresize(NOISE, height=20, width=28), wide[8:-8, 8:-8])


def test_a_flat_picture_stays_flat_and_a_pixel_is_enough():
    assert (imresize(np.full((9, 7, 3), 77, np.uint8), height=3, width=20) == 77).all()
    assert (imresize(np.full((1, 1, 3), 5, np.uint8), height=4, width=4) == 5).all()


def test_strips_give_the_picture_of_the_whole(monkeypatch):
    whole = imresize(NOISE, height=25, width=37), imresize(NOISE, height=120, width=168)
    monkeypatch.setattr(module, "_STRIP_VALUES", 500)
    assert np.array_equal(imresize(NOISE, height=25, width=37), whole[0])
    assert np.array_equal(imresize(NOISE, height=120, width=168), whole[1])
