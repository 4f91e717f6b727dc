"""Conversion of pictures to tensors and back: channels, ranges, rounding."""

from __future__ import annotations

import numpy as np
import pytest

from tests.models.networks import PHOTO
from toolkit.models import transforms


@pytest.mark.parametrize(
    "transform",
    [transforms.rgb_unit, transforms.rgb_signed, transforms.rgb_levels, transforms.bgr_centred],
)
def test_there_and_back_is_the_same_picture(transform):
    tensor = transform(PHOTO)
    assert tensor.shape == (1, 3, 23, 37) and tensor.dtype == np.float32
    assert np.array_equal(transform.picture(tensor, PHOTO), PHOTO)
    every = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    assert np.array_equal(transform.picture(transform(every), every), every)


def test_channels_and_ranges_are_what_is_said():
    blue = np.zeros((1, 1, 3), np.uint8)
    blue[..., 0] = 255
    assert transforms.rgb_unit(blue).ravel().tolist() == [0, 0, 1]
    assert transforms.rgb_signed(blue).ravel().tolist() == [-1, -1, 1]
    assert transforms.rgb_levels(blue).ravel().tolist() == [0, 0, 255]
    assert transforms.bgr_centred(blue).ravel() == pytest.approx(
        [255 - 103.1545782, -111.561547, -114.35629928]
    )
    assert transforms.luma(blue).ravel() == pytest.approx([29 / 255])  # 0.114 x 255, rounded to a level


def test_luma_keeps_the_colours_of_the_picture():
    flat = np.full((4, 5, 3), (40, 90, 200), np.uint8)
    bigger = np.repeat(np.repeat(transforms.luma(flat), 2, axis=2), 2, axis=3)
    out = transforms.luma.picture(bigger, flat)
    assert out.shape == (8, 10, 3)
    assert np.abs(out.astype(int) - flat[0, 0]).max() <= 2  # levels of YCrCb are coarser than those of BGR


def test_outputs_beyond_the_range_are_clipped():
    wild = np.array([-3.0, 0.5, 7.0], np.float32).reshape(1, 3, 1, 1)
    assert transforms.rgb_unit.picture(wild, PHOTO).ravel().tolist() == [255, 128, 0]
    wild = np.array([-1e10, 0.5, 1e10], np.float32).reshape(1, 3, 1, 1)
    assert transforms.rgb_unit.picture(wild, PHOTO).ravel().tolist() == [255, 128, 0]
    white = transforms.luma.picture(np.full((1, 1, 23, 37), 1e10, np.float32), np.full_like(PHOTO, 90))
    assert (white == 255).all()


def test_the_output_may_have_another_range_than_the_input():
    levels = transforms.Levels(
        factor=1 / 127.5, mean=(127.5,) * 3, output_factor=1 / 255, output_mean=(0.0,) * 3
    )
    tensor = levels(PHOTO)
    assert tensor.min() < 0
    assert np.array_equal(levels.picture((tensor + 1) / 2, PHOTO), PHOTO)
