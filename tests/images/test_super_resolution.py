"""The papers' degradation and PSNR: against scikit-image and the figures that every paper prints."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from toolkit.core.errors import InvalidValue
from toolkit.images import super_resolution
from toolkit.images.imresize import imresize
from toolkit.images.super_resolution import cut_to_multiple, degrade, psnr_y_db, ssim_y

NOISE = np.random.default_rng(0).integers(0, 256, (60, 84, 3), np.uint8)


def test_degrading_cuts_to_whole_blocks():
    assert cut_to_multiple(NOISE, 8).shape == (56, 80, 3)
    assert np.array_equal(degrade(NOISE, 8), imresize(NOISE[:56, :80], height=7, width=10))
    with pytest.raises(InvalidValue, match="at least 4 px"):
        degrade(NOISE[:3], 4)


def test_opencvs_degradation_is_its_cubic_without_antialiasing():
    theirs = cv2.resize(NOISE[:56, :80], (10, 7), interpolation=cv2.INTER_CUBIC)
    assert np.array_equal(degrade(NOISE, 8, how="opencv"), theirs)
    stripes = np.tile(
        np.array([0, 0, 255], np.uint8)[:, None, None], (20, 60, 1)
    )  # as fine as the new pixels
    assert np.ptp(degrade(stripes, 3)[4:-4]) == np.ptp(degrade(stripes, 3, how="opencv")[4:-4]) == 0
    assert (
        abs(int(degrade(stripes, 3)[10, 10, 0]) - 85) <= 1
    )  # the mean; not antialiased, it is whatever is met
    assert degrade(stripes, 3, how="opencv")[10, 10, 0] < 40
    with pytest.raises(InvalidValue, match="'how' of degrade must be one of matlab, opencv; got 'bicubic'"):
        degrade(NOISE, 2, how="bicubic")


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


@pytest.mark.parametrize("spread", [3, 30, 200])
@pytest.mark.parametrize("border_px", [0, 4])
def test_ssim_is_that_of_the_studio_luma(spread, border_px):
    from skimage.color import rgb2ycbcr
    from skimage.metrics import structural_similarity

    other = NOISE + np.random.default_rng(1).integers(-spread, spread + 1, NOISE.shape)
    other = np.clip(other, 0, 255).astype(np.uint8)
    inside = np.s_[border_px : 60 - border_px, border_px : 84 - border_px]
    planes = [rgb2ycbcr(picture[..., ::-1])[inside][..., 0] for picture in (other, NOISE)]
    settings = {"data_range": 255, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    for rounded in (False, True):
        y, true_y = [plane.round() if rounded else plane for plane in planes]
        found = ssim_y(other, NOISE, border_px=border_px, rounded=rounded)
        assert found == pytest.approx(structural_similarity(true_y, y, **settings), abs=2e-5)
        _, each = cv2.quality.QualitySSIM_compute(y.astype(np.float32), true_y.astype(np.float32))
        assert found == pytest.approx(float(np.asarray(each)[5:-5, 5:-5].mean()), abs=2e-5)
    assert ssim_y(NOISE, NOISE, border_px=border_px) == pytest.approx(1, abs=1e-6)


def test_tall_pictures_are_judged_in_strips_as_in_one(monkeypatch):
    tall = np.random.default_rng(2).integers(0, 256, (90, 20, 3), np.uint8)
    other = tall // 2 + 60
    whole = psnr_y_db(other, tall, border_px=2)
    monkeypatch.setattr(super_resolution, "_STRIP_ROWS", 7)
    assert psnr_y_db(other, tall, border_px=2) == pytest.approx(whole, rel=1e-12)


def test_equal_pictures_have_no_error_and_the_border_does_not_count():
    other = NOISE.copy()
    other[0], other[:, -1] = 255 - other[0], 0
    assert psnr_y_db(other, NOISE, border_px=1) == math.inf
    assert psnr_y_db(other, NOISE, border_px=0) < 40


def test_pictures_that_cannot_be_compared_are_refused():
    for compare in (psnr_y_db, ssim_y):
        with pytest.raises(InvalidValue, match="must have the same shape"):
            compare(NOISE, NOISE[:-1], border_px=0)
        with pytest.raises(InvalidValue, match="must be larger than"):
            compare(NOISE, NOISE, border_px=30)
