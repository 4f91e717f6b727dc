"""MATLAB's bicubic: against Pillow, and at the edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image as Pillow

from toolkit.core import imresize as module
from toolkit.core.imresize import imresize

NOISE = np.random.default_rng(0).integers(0, 256, (60, 84, 3), np.uint8)


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
