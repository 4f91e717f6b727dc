"""Errors of mattes, compared with results by hand and with a slow version of the published scripts in SciPy."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy.ndimage import convolve
from skimage.measure import label

from toolkit.core.errors import InvalidValue
from toolkit.images import matte_quality as module
from toolkit.images.matte_quality import connectivity_error, gradient_error, matte_quality


def blobs(seed: int, height: int = 61, width: int = 83) -> np.ndarray:
    """A smooth random matte: several soft regions, from 0 to 255."""
    noise = np.random.default_rng(seed).normal(size=(height, width))
    smooth = cv2.GaussianBlur(noise, (0, 0), 5)
    return np.clip(128 + 220 * smooth / np.abs(smooth).max() * 1.5, 0, 255).astype(np.uint8)


def slow_gradient_error(alpha: np.ndarray, truth: np.ndarray) -> float:
    sigma = 1.4
    half = int(np.ceil(sigma * np.sqrt(-2 * np.log(np.sqrt(2 * np.pi) * sigma * 0.01))))
    steps = np.arange(-half, half + 1)
    gauss = np.exp(-(steps**2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
    kernel = gauss[:, None] * (-steps * gauss / sigma**2)[None]
    kernel /= np.sqrt((kernel**2).sum())

    def length(picture: np.ndarray) -> np.ndarray:
        across, down = (convolve(picture / 255, k, mode="nearest") for k in (kernel, kernel.T))
        return np.sqrt(across**2 + down**2)

    return float(((length(alpha) - length(truth)) ** 2).sum())


def slow_connectivity_error(alpha: np.ndarray, truth: np.ndarray) -> float:
    level = -np.ones(alpha.shape)
    for tenth in range(1, 11):
        together = (alpha / 255 >= tenth / 10) & (truth / 255 >= tenth / 10)
        labels = label(together, connectivity=1)
        sizes = np.bincount(labels.ravel())[1:]
        source = labels == 1 + np.argmax(sizes) if len(sizes) else np.zeros(alpha.shape, bool)
        level[(level == -1) & ~source] = (tenth - 1) / 10
    level[level == -1] = 1

    def connected(picture: np.ndarray) -> np.ndarray:
        above = picture / 255 - level
        return 1 - above * (above >= 0.15)

    return float(np.abs(connected(alpha) - connected(truth)).sum())


PAIRS = [(blobs(0), blobs(1)), (blobs(2), blobs(2) // 2), (blobs(3), 255 - blobs(3))]
PAIRS += [(blobs(4, 1, 1), blobs(5, 1, 1)), (blobs(6, 3, 200), blobs(7, 3, 200))]
PAIRS += [tuple(np.random.default_rng(s).integers(0, 256, (2, 14, 15), np.uint8)) for s in range(20)]


@pytest.mark.parametrize(("alpha", "truth"), PAIRS)
def test_against_a_slow_form_of_the_published_scripts(alpha, truth):
    found = matte_quality(alpha, truth)
    apart = alpha / 255 - truth / 255
    assert found["sad"] == pytest.approx(np.abs(apart).sum() / 1000, rel=1e-9)
    assert found["mad"] == pytest.approx(np.abs(apart).mean(), rel=1e-9)
    assert found["mse"] == pytest.approx((apart**2).mean(), rel=1e-9)
    assert found["grad"] == pytest.approx(slow_gradient_error(alpha, truth) / 1000, rel=1e-4, abs=1e-9)
    assert found["conn"] == pytest.approx(slow_connectivity_error(alpha, truth) / 1000, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_swapping_turning_and_flipping_change_nothing(seed):
    alpha, truth = blobs(seed), blobs(seed + 10)
    found = matte_quality(alpha, truth)
    turned = [np.ascontiguousarray(np.rot90(picture)) for picture in (alpha, truth)]
    flipped = [np.ascontiguousarray(picture[:, ::-1]) for picture in (alpha, truth)]
    for other in (matte_quality(truth, alpha), matte_quality(*turned), matte_quality(*flipped)):
        assert other == pytest.approx(found, rel=1e-5)
    assert matte_quality(alpha[..., None], truth[..., None]) == pytest.approx(found, rel=1e-6)


def test_the_same_matte_has_no_error():
    found = matte_quality(blobs(8), blobs(8))
    assert found.pop("grad") < 1e-12  # OpenCV's filter rounds by where in memory its input begins
    assert set(found.values()) == {0.0}


def test_a_hard_edge_that_is_moved_by_hand():
    truth = np.zeros((30, 40), np.uint8)
    truth[:, 20:] = 255
    moved = np.zeros_like(truth)
    moved[:, 22:] = 255
    found = matte_quality(moved, truth)
    assert found["sad"] == pytest.approx(30 * 2 / 1000)
    assert found["mad"] == found["mse"] == pytest.approx(2 / 40)
    # The two columns are foreground in one matte alone: disconnected from level 0 upwards, by all of it.
    assert found["conn"] == pytest.approx(30 * 2 / 1000)
    assert found["grad"] > 0


def test_an_island_is_disconnected_though_its_coverage_is_right_in_both():
    truth = np.zeros((20, 40), np.uint8)
    truth[5:15, 2:20] = 255
    alpha = truth.copy()
    alpha[8:10, 30:33] = 255
    assert connectivity_error(alpha, truth) == pytest.approx(6)
    # 0.14 more is under what counts as disconnected, 0.16 is not.
    for coverage, counted in ((36, 0.0), (41, 6 * 41 / 255)):
        alpha[8:10, 30:33] = coverage
        assert connectivity_error(alpha, truth) == pytest.approx(counted)


def test_a_slope_is_its_own_gradient():
    ramp = np.tile(np.arange(0, 240, 4, np.uint8), (40, 1))
    steps = np.arange(-4, 5)
    smooth = np.exp(-(steps**2) / 3.92)
    slope = steps * smooth
    gain = smooth.sum() / np.linalg.norm(smooth) * (slope @ steps) / np.linalg.norm(slope)
    inside = 40 * (60 - 8) * (gain * 4 / 255) ** 2
    found = gradient_error(ramp, np.zeros_like(ramp))
    assert inside < found < inside + 40 * 8 * (gain * 4 / 255) ** 2


@pytest.mark.parametrize("height", [1, 9, 10, 11, 35])
def test_strips_give_the_answer_of_the_whole(height, monkeypatch):
    alpha, truth = blobs(height, height, 50), blobs(height + 1, height, 50)
    whole = matte_quality(alpha, truth)
    monkeypatch.setattr(module, "_STRIP_ROWS", 5)
    assert matte_quality(alpha, truth) == pytest.approx(whole, rel=1e-6)


@pytest.mark.parametrize(
    ("alpha", "said"),
    [
        (np.zeros((4, 5), np.uint8), r"the same shape; got \(4, 5\) and \(4, 4\)"),
        (np.zeros((4, 4), np.float32), "uint8 with one channel; got float32"),
        (np.zeros((4, 4, 3), np.uint8), r"one channel; got uint8 of shape \(4, 4, 3\)"),
    ],
)
def test_what_is_no_matte_is_refused(alpha, said):
    with pytest.raises(InvalidValue, match=said):
        matte_quality(alpha, np.zeros((4, 4), np.uint8))
