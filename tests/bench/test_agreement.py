"""Agreement with a reference, and the quality of a shrunken job against the full-size result."""

import math

import cv2
import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from toolkit.bench.agreement import against_full_size, agreement
from toolkit.contracts.tolerance import Tolerance
from toolkit.images.photos import at_size, photo
from toolkit.images.similarity import difference, ssim


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
        assert found["ssim"] == pytest.approx(ssim(full, back), abs=2e-5)

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
