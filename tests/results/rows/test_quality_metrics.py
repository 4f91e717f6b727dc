"""Names, units and directions of metrics."""

from __future__ import annotations

import math

import numpy as np

from tests.results.model_rows import matte_rows, model_row, super_resolution_rows
from toolkit.bench.ground_truth import metrics
from toolkit.results.rows.quality_metrics import AGREEMENT, METRICS, metric_of, metrics_of, quality_of
from toolkit.results.rows.summarising import summarise


def test_every_metric_that_is_measured_has_a_name():
    picture = np.random.default_rng(0).integers(0, 256, (24, 24, 3), np.uint8)
    matte = picture[..., :1].copy()
    measured = {
        *metrics("super-resolution", picture, picture, border_px=2),
        *metrics("matte", matte, matte, border_px=0),
    }
    assert measured <= {metric.key for metric in METRICS}


def test_direction_and_order():
    assert [metric.header for metric in metrics_of(summarise(super_resolution_rows()))] == [
        "PSNR-Y",
        "SSIM-Y",
    ]
    mattes = metrics_of(summarise(matte_rows()))
    assert mattes[0].header == "MAD" and not any(metric.is_higher_better for metric in mattes)
    assert metric_of("psnr_y_db").is_higher_better and metric_of("of a plug-in").header == "of a plug-in"


def test_agreement_of_identical_pictures_is_infinite():
    equal, near = summarise([
        model_row("anime", "torch", latency_ms=9),
        model_row("anime", "numba", latency_ms=9, psnr_db=50, max_abs=4),
    ])  # fmt: skip
    assert math.isinf(quality_of(equal, AGREEMENT)) and quality_of(near, AGREEMENT) == 50
    assert quality_of(near, metric_of("mad")) is None
