"""The baseline of super-resolution papers, on two backends."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import toolkit as tk
from toolkit.core.errors import InvalidValue
from toolkit.images.imresize import imresize
from toolkit.images.super_resolution import cut_to_multiple, degrade, psnr_y_db


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (1, 400), (37, 53)])
def test_opencv_gives_matlabs_picture_to_the_bit(size, scale):
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    expected = imresize(image, height=size[0] * scale, width=size[1] * scale)
    for backend in ("numpy", "opencv"):
        assert np.array_equal(tk.apply("bicubic", image, scale=scale, backend=backend), expected)


def test_halves_are_rounded_up():
    # Between 0 and 64 at x2 lie 14.5 and 49.5 (and overshoots), which OpenCV alone would round to even.
    step = np.repeat(np.array([0, 0, 64, 64], np.uint8), 3).reshape(1, 4, 3)
    twice = tk.apply("bicubic", step, scale=2, backend="opencv")
    assert np.array_equal(twice, tk.apply("bicubic", step, scale=2, backend="numpy"))


def test_an_unsupported_scale_is_refused_in_one_sentence():
    with pytest.raises(
        InvalidValue, match="'scale' of bicubic must be one of 2, 3, 4; got 5. The default is 2."
    ):
        tk.apply("bicubic", np.zeros((2, 2, 3), np.uint8), scale=5)


@pytest.mark.parametrize(("scale", "figure_db"), [(2, 33.67), (3, 30.40), (4, 28.43)])
def test_set5_gives_the_figure_of_every_paper(test_images, scale, figure_db):
    found = []
    for path in sorted((test_images / "set5").glob("*.png")):
        truth = cut_to_multiple(cv2.imread(str(path)), scale)
        out = tk.apply("bicubic", degrade(truth, scale), scale=scale)
        found.append(psnr_y_db(out, truth, border_px=scale))
    assert np.mean(found) == pytest.approx(figure_db, abs=0.01)
