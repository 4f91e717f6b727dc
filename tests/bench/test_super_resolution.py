"""The papers' degradation and PSNR: against Pillow, scikit-image and the figures that every paper prints."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image as Pillow

from toolkit.bench.super_resolution import cut_to_multiple, degrade, imresize, psnr_y_db
from toolkit.core.errors import InvalidValue

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


def test_degrading_cuts_to_whole_blocks():
    assert cut_to_multiple(NOISE, 8).shape == (56, 80, 3)
    assert np.array_equal(degrade(NOISE, 8), imresize(NOISE[:56, :80], height=7, width=10))
    with pytest.raises(InvalidValue, match="must have 4 px a side"):
        degrade(NOISE[:3], 4)


def test_psnr_is_that_of_the_studio_luma():
    from skimage.color import rgb2ycbcr
    from skimage.metrics import peak_signal_noise_ratio

    other = np.clip(NOISE.astype(int) + np.random.default_rng(1).integers(-9, 10, NOISE.shape), 0, 255)
    other = other.astype(np.uint8)
    y, true_y = (rgb2ycbcr(picture[..., ::-1])[3:-3, 3:-3, 0] for picture in (other, NOISE))
    expected = peak_signal_noise_ratio(true_y, y, data_range=255)
    assert psnr_y_db(other, NOISE, border_px=3) == pytest.approx(expected, abs=1e-3)
    expected = peak_signal_noise_ratio(true_y.round(), y.round(), data_range=255)
    assert psnr_y_db(other, NOISE, border_px=3, rounded=True) == pytest.approx(expected, abs=1e-3)


def test_equal_pictures_have_no_error_and_the_border_does_not_count():
    other = NOISE.copy()
    other[0], other[:, -1] = 255 - other[0], 0
    assert psnr_y_db(other, NOISE, border_px=1) == math.inf
    assert psnr_y_db(other, NOISE, border_px=0) < 40


def test_pictures_that_cannot_be_compared_are_refused():
    with pytest.raises(InvalidValue, match="must have one shape"):
        psnr_y_db(NOISE, NOISE[:-1], border_px=0)
    with pytest.raises(InvalidValue, match="nothing is left"):
        psnr_y_db(NOISE, NOISE, border_px=30)


@pytest.mark.parametrize(("scale", "figure_db"), [(2, 33.67), (3, 30.40), (4, 28.43)])
def test_bicubic_on_set5_is_the_figure_of_the_papers(test_images, scale, figure_db):
    import cv2

    found = []
    for path in sorted((test_images / "set5").glob("*.png")):
        truth = cut_to_multiple(cv2.imread(str(path)), scale)
        height, width = truth.shape[:2]
        enlarged = imresize(degrade(truth, scale), height=height, width=width)
        found.append(psnr_y_db(enlarged, truth, border_px=scale))
    assert len(found) == 5
    assert np.mean(found) == pytest.approx(figure_db, abs=0.01)
