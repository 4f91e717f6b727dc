"""PSNR, SSIM and agreement against scikit-image and OpenCV, on real photos and on tiny pictures."""

import math

import cv2
import numpy as np
import pytest
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity

from toolkit.bench.agreement import against_full_size, agreement
from toolkit.contracts.tolerance import Tolerance
from toolkit.core.errors import InvalidValue
from toolkit.images import similarity
from toolkit.images.image import load
from toolkit.images.photos import at_size, photo
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
    _, every = cv2.similarity.QualitySSIM_compute(*grey)
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
        with pytest.raises(InvalidValue, match=r"must have one shape; got \(4, 4, 3\) and \(4, 5, 3\)"):
            compare(small, large)


class TestAgreement:
    tolerance = Tolerance(levels=1, share=0.99, mean=0.5)

    def judge(self, changed: int, by: int):
        reference = np.full((10, 10, 3), 100, np.uint8)
        output = reference.copy()
        output.reshape(-1)[:changed] += by
        return agreement(output, reference, tolerance=self.tolerance, backend="opencv")

    @pytest.mark.parametrize(
        ("changed", "by", "agrees"),
        [
            (0, 0, True),
            (3, 2, True),
            (4, 2, False),
            (3, 50, True),
            (3, 51, False),
            (150, 1, True),
            (151, 1, False),
        ],
    )
    def test_share_and_mean_both_count(self, changed, by, agrees):
        found = self.judge(changed, by)
        assert found.agrees is agrees
        assert found.max_abs == by
        assert found.mean_abs == changed * by / 300
        assert found.reference == "opencv"

    def test_the_same_picture(self):
        found = self.judge(0, 0)
        assert (found.psnr_db, found.ssim, found.beyond_share) == (None, 1.0, 0.0)

    def test_a_picture_of_another_shape_disagrees(self):
        found = agreement(
            np.zeros((4, 4, 3), np.uint8),
            np.zeros((4, 5, 3), np.uint8),
            tolerance=Tolerance(),
            backend="numpy",
        )
        assert not found.agrees
        assert (found.max_abs, found.beyond_share, found.psnr_db, found.ssim) == (255, 1.0, 0.0, 0.0)


class TestCutouts:
    photo_and_matte = np.dstack(
        [photo("coffee")[:96, :128], np.tile(np.arange(128, dtype=np.uint8), (96, 1))]
    )

    @pytest.mark.parametrize("part", [slice(0, 3), slice(3, 4)], ids=["colour", "alpha"])
    def test_colour_and_alpha_are_compared_apart_and_the_worse_counts(self, part):
        """Together they would be 6 dB better than alpha is, 1.2 dB better than colour."""
        wrong = self.photo_and_matte.copy()
        wrong[..., part] = np.clip(wrong[..., part].astype(int) + 9 * (-1) ** np.arange(128)[:, None], 0, 255)
        pair = [np.ascontiguousarray(picture[..., part]) for picture in (wrong, self.photo_and_matte)]
        psnr_db = peak_signal_noise_ratio(*pair, data_range=255)
        for least_db, agrees in ((psnr_db - 0.1, True), (psnr_db + 0.1, False)):
            tolerance = Tolerance(levels=255, share=0.0, mean=255.0, psnr_db=least_db)
            found = agreement(wrong, self.photo_and_matte, tolerance=tolerance, backend="torch")
            assert (found.agrees, found.psnr_db) == (agrees, pytest.approx(psnr_db))
            assert found.ssim == pytest.approx(ssim(*pair))
        assert found.mean_abs == pytest.approx(difference(*pair).mean_abs)
        assert against_full_size(wrong, self.photo_and_matte) == {
            "psnr_db": pytest.approx(psnr_db),
            "ssim": pytest.approx(ssim(*pair)),
        }


class TestAgainstFullSize:
    def test_it_is_resized_back_with_cubic_interpolation(self):
        full = photo("coffee")
        small = cv2.resize(full, (300, 200), interpolation=cv2.INTER_AREA)
        back = cv2.resize(small, (600, 400), interpolation=cv2.INTER_CUBIC)
        found = against_full_size(small, full)
        assert found["psnr_db"] == pytest.approx(
            peak_signal_noise_ratio(full, back, data_range=255), abs=1e-9
        )
        assert found["ssim"] == pytest.approx(_oracle_ssim(full, back), abs=2e-5)

    def test_less_is_worse(self):
        full, _ = at_size(photo("coffee"), 400, 300)
        sizes = [(400, 300), (300, 225), (200, 150), (50, 38)]
        found = [
            against_full_size(cv2.resize(full, size, interpolation=cv2.INTER_AREA), full) for size in sizes
        ]
        assert found[0] == {"psnr_db": 100.0, "ssim": pytest.approx(1, abs=1e-6)}
        assert [q["psnr_db"] for q in found] == sorted((q["psnr_db"] for q in found), reverse=True)
        assert [q["ssim"] for q in found] == sorted((q["ssim"] for q in found), reverse=True)

    def test_grey_and_one_pixel(self):
        grey = np.random.default_rng(0).integers(0, 256, (30, 40, 1), dtype=np.uint8)
        assert math.isfinite(against_full_size(grey[::2, ::2].copy(), grey)["psnr_db"])
        assert (
            against_full_size(np.zeros((1, 1, 3), np.uint8), np.zeros((20, 20, 3), np.uint8))["psnr_db"]
            == 100
        )
