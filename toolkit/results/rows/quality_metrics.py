"""Metrics of a picture's quality: their names, units, and which direction is better."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from toolkit.core import units
from toolkit.results.rows.summary import Summary


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric of a picture's quality.

    Attributes
    ----------
    key : str
        Name of the metric in ``Measurement.quality``.
    header, unit : str
        Name and unit of the metric, for headers of tables and labels of axes.
    is_higher_better : bool
        Whether a higher value means a better picture.
    digits : int
        Number of significant digits that are printed.
    is_main : bool
        Whether the plain text of a table always shows the metric.
    """

    key: str
    header: str
    unit: str = ""
    is_higher_better: bool = True
    digits: int = 3
    is_main: bool = False

    @property
    def label(self) -> str:
        """Header and unit of the metric, as the label of an axis.

        >>> metric_of("psnr_y_db").label
        'PSNR-Y, dB'
        """
        return f"{self.header}, {self.unit}" if self.unit else self.header

    def text(self, value: float | None) -> str:
        """A value of the metric with header and unit, for a caption.

        >>> metric_of("psnr_y_db").text(37.531)
        'PSNR-Y 37.53 dB'
        """
        return f"{self.header} {self.number(value)} {self.unit}".strip()

    def number(self, value: float | None) -> str:
        """A value of the metric as text, without header and unit."""
        return units.number(value, digits=self.digits)


METRICS = (
    Metric(key="psnr_y_db", header="PSNR-Y", unit="dB", digits=4, is_main=True),
    Metric(key="ssim_y", header="SSIM-Y", digits=4),
    Metric(key="mad", header="MAD", is_higher_better=False, is_main=True),
    Metric(key="sad", header="SAD", unit="10³", is_higher_better=False),
    Metric(key="mse", header="MSE", is_higher_better=False),
    Metric(key="grad", header="Grad", unit="10³", is_higher_better=False),
    Metric(key="conn", header="Conn", unit="10³", is_higher_better=False),
    Metric(key="psnr_db", header="quality", unit="dB", is_main=True),
    Metric(key="ssim", header="quality SSIM"),
)
"""Metrics in the order of a table's columns; the last two metrics belong to jobs that shrink the picture first."""

AGREEMENT = Metric(key="agreement_psnr_db", header="agreement", unit="dB")
"""PSNR against the reference output: the metric of rows without a ground truth."""


def metric_of(key: str) -> Metric:
    """The metric with this key; the header of an unknown metric is its key, and higher values count as better."""
    found = (metric for metric in (*METRICS, AGREEMENT) if metric.key == key)
    return next(found, Metric(key=key, header=key))


def metrics_of(rows: Iterable[Summary]) -> list[Metric]:
    """Metrics that at least one row has, in the order of a table's columns; untrained rows have no metrics."""
    keys = {key for s in rows for key in s.measurement.quality if not s.is_untrained}
    known = [metric for metric in METRICS if metric.key in keys]
    return known + [metric_of(key) for key in sorted(keys - {metric.key for metric in METRICS})]


def quality_of(s: Summary, metric: Metric) -> float | None:
    """The value of the metric for a row; None if the metric was not measured or the weights are untrained.

    The value of `AGREEMENT` is the PSNR against the reference, infinite for identical pictures.
    """
    if metric is AGREEMENT:
        agreement = s.measurement.agreement
        if agreement is None:
            return None
        return math.inf if agreement.max_abs == 0 else agreement.psnr_db
    return None if s.is_untrained else s.measurement.quality.get(metric.key)
