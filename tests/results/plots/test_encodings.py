"""A row for each setting, in a panel of times and a panel of sizes; each format has its colour."""

from __future__ import annotations

import numpy as np

from tests.results.drawn import pixels_of
from toolkit.results.plots.encodings import encodings_plot
from toolkit.results.plots.nothing import Nothing
from toolkit.results.tables.encodings import Encoding

ENCODINGS = [
    Encoding(name="PNG", encode_s=0.04, size_bytes=900_000, psnr_db=None, ssim=1.0, is_default=True),
    Encoding(name="JPEG 4:2:0, quality 75", encode_s=0.01, size_bytes=100_000, psnr_db=38.0, ssim=0.97),
    Encoding(name="JPEG 4:2:0, quality 95", encode_s=0.012, size_bytes=200_000, psnr_db=41.2, ssim=0.99),
]


def test_times_and_sizes_stand_beside_each_other():
    chart = encodings_plot(ENCODINGS)
    times, sizes = (axes.collections[0] for axes in chart.axes)
    assert np.allclose(times.get_offsets()[:, 0], [40, 10, 12])
    assert np.allclose(sizes.get_offsets()[:, 0], [900, 100, 200])
    png, low, high = map(tuple, times.get_facecolors())
    assert png != low == high
    names = [label.get_text() for label in chart.axes[0].get_yticklabels()]
    assert names == ["PNG *", "JPEG 4:2:0, quality 75", "JPEG 4:2:0, quality 95"]
    assert "41.2 dB" in chart.alt


def test_nothing_reaches_the_edge():
    pixels = pixels_of(encodings_plot(ENCODINGS))
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert (edge == 255).all()


def test_no_setting_is_a_sentence():
    assert isinstance(encodings_plot([]), Nothing)
