"""Difference and SSIM of two pictures, against scikit-image and OpenCV."""

import cv2
import numpy as np
import pytest
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity

from toolkit.core.errors import InvalidValue
from toolkit.images import similarity
from toolkit.images.image import load
from toolkit.images.photos import photo
from toolkit.images.similarity import difference, ssim


def _pair(kind: str):
    """A photo and what became of it."""
    image = photo("astronaut")
    random = np.random.default_rng(3)
    if kind == "noise":
        worse = np.clip(image + random.normal(0, 12, image.shape), 0, 255).astype(np.uint8)
    elif kind == "blur":
        worse = cv2.GaussianBlur(image, (0, 0), 2.5)
    elif kind == "jpeg":
        worse = cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 12])[1], cv2.IMREAD_COLOR)
    elif kind == "negative":
        worse = 255 - image
    else:
        worse = photo("chelsea")[:300, :451]
        image = image[:300, :451]
    return np.ascontiguousarray(image), np.ascontiguousarray(worse)


KINDS = ["noise", "blur", "jpeg", "negative", "another photo"]


def _oracle_ssim(a, b) -> float:
    luma = [image[..., ::-1].astype(np.float64) @ [0.299, 0.587, 0.114] for image in (a, b)]
    return float(
        structural_similarity(
            *luma, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
    )


@pytest.mark.parametrize("kind", KINDS)
def test_against_scikit_image(kind):
    a, b = _pair(kind)
    found = difference(a, b, levels=3)
    apart = np.abs(a.astype(int) - b.astype(int))
    assert found.max_abs == apart.max()
    assert found.mean_abs == apart.mean()
    assert found.beyond_share == (apart > 3).mean()
    assert found.mean_square == pytest.approx(mean_squared_error(a, b), rel=1e-12)
    assert found.psnr_db == pytest.approx(peak_signal_noise_ratio(a, b, data_range=255), abs=1e-9)
    assert ssim(a, b) == pytest.approx(_oracle_ssim(a, b), abs=2e-5)
    assert difference(b, a, levels=3) == found
    assert ssim(b, a) == pytest.approx(ssim(a, b), abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_against_opencv(kind):
    a, b = _pair(kind)
    assert difference(a, b).psnr_db == pytest.approx(cv2.PSNR(a, b), abs=1e-6)
    grey = [np.ascontiguousarray(image[..., :1]) for image in (a, b)]
    _, every = cv2.quality.QualitySSIM_compute(*grey)
    assert ssim(*grey) == pytest.approx(float(np.asarray(every)[5:-5, 5:-5].mean()), abs=2e-5)


@pytest.mark.parametrize("height", [1, 5, 10, 11, 12, 511, 512, 513, 522, 523, 1024, 1035])
def test_strips_give_the_answer_of_the_whole(height, monkeypatch):
    random = np.random.default_rng(height)
    a = random.integers(0, 256, (height, 40, 3), dtype=np.uint8)
    b = np.clip(a + random.integers(-9, 10, a.shape), 0, 255).astype(np.uint8)
    in_strips = difference(a, b, levels=2), ssim(a, b)
    monkeypatch.setattr(similarity, "_STRIP_ROWS", 10**6)
    assert difference(a, b, levels=2) == in_strips[0]
    assert ssim(a, b) == pytest.approx(in_strips[1], abs=1e-6)


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 3, 3), (10, 500, 3), (11, 11, 3), (17, 31, 1), (12, 12, 4)])
def test_tiny_pictures_have_a_finite_ssim(shape):
    random = np.random.default_rng(1)
    a, b = (random.integers(0, 256, shape, dtype=np.uint8) for _ in range(2))
    assert ssim(a, a) == pytest.approx(1, abs=1e-5)
    assert -1 <= ssim(a, b) < 0.999


def test_a_picture_under_the_window_counts_as_one_window():
    x, y = np.array([[10, 200]], np.uint8)[..., None], np.array([[20, 180]], np.uint8)[..., None]
    c1, c2 = 2.55**2, 7.65**2
    by_hand = (2 * 105 * 100 + c1) * (2 * 95 * 80 + c2) / ((105**2 + 100**2 + c1) * (95**2 + 80**2 + c2))
    assert ssim(x, y) == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize("value", [0, 255])
def test_the_darkest_and_the_brightest_picture(value):
    flat = np.full((20, 20, 3), value, np.uint8)
    assert ssim(flat, flat) == pytest.approx(1, abs=1e-5)
    assert difference(flat, 255 - flat).psnr_db == 0
    assert ssim(flat, 255 - flat) == pytest.approx(0, abs=1e-3)


def test_identical_pictures_have_no_ratio():
    a = photo("coffee")
    found = difference(a, a.copy())
    assert (found.max_abs, found.mean_abs, found.beyond_share, found.psnr_db) == (0, 0.0, 0.0, None)


def test_real_photos_against_scikit_image(test_images):
    files = sorted((test_images / "kodak").glob("*.png"))[:3]
    assert files
    for file in files:
        a = load(file)
        b = cv2.bilateralFilter(a, 5, 40, 40)
        assert difference(a, b).psnr_db == pytest.approx(
            peak_signal_noise_ratio(a, b, data_range=255), abs=1e-9
        )
        assert ssim(a, b) == pytest.approx(_oracle_ssim(a, b), abs=2e-5)


def test_pictures_of_different_shape_are_refused():
    small, large = np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5, 3), np.uint8)
    for compare in (difference, ssim):
        with pytest.raises(InvalidValue, match=r"must have the same shape; got \(4, 4, 3\) and \(4, 5, 3\)"):
            compare(small, large)
