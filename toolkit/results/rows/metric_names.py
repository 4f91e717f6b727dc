"""What the metrics of a picture's quality are called, in which unit, and which way is better."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from toolkit.contracts.measurement import Measurement
from toolkit.core import units


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric of quality.

    Attributes
    ----------
    key : str
        Its name in ``Measurement.quality``.
    header, unit : str
        As tables and axes show them.
    is_higher_better : bool
    digits : int
        Significant digits worth printing.
    is_main : bool
        Whether the plain text shows it too.
    """

    key: str
    header: str
    unit: str = ""
    is_higher_better: bool = True
    digits: int = 3
    is_main: bool = False

    @property
    def label(self) -> str:
        """Header and unit: what an axis says.

        >>> metric_of("psnr_y_db").label
        'PSNR-Y, dB'
        """
        return f"{self.header}, {self.unit}" if self.unit else self.header

    def text(self, value: float | None) -> str:
        """A value with its header and unit: what a caption says.

        >>> metric_of("psnr_y_db").text(37.531)
        'PSNR-Y 37.53 dB'
        """
        return f"{self.header} {self.number(value)} {self.unit}".strip()

    def number(self, value: float | None) -> str:
        """The value alone."""
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
"""In the order of a table's columns; the last two are of a job that shrinks the picture first."""

AGREEMENT = Metric(key="agreement_psnr_db", header="agreement", unit="dB")
"""PSNR against the reference output: what there is to hold on to without ground truth."""


def metric_of(key: str) -> Metric:
    """The metric of that key; one that is not known is called by its key, and more of it is taken to be better."""
    found = next((metric for metric in (*METRICS, AGREEMENT) if metric.key == key), None)
    return found or Metric(key=key, header=key)


def metrics_of(measurements: Iterable[Measurement]) -> list[Metric]:
    """Metrics that any of the measurements has, in the order of a table's columns; of untrained ones none count."""
    keys = {key for m in measurements for key in m.quality if not m.is_untrained}
    known = [metric for metric in METRICS if metric.key in keys]
    return known + [metric_of(key) for key in sorted(keys - {metric.key for metric in METRICS})]


def quality_of(measurement: Measurement, metric: Metric) -> float | None:
    """The metric's value; None where there is none, and always for untrained weights.

    For `AGREEMENT` the PSNR against the reference, infinite for identical pictures.
    """
    if metric is AGREEMENT:
        agreement = measurement.agreement
        if agreement is None:
            return None
        return float("inf") if agreement.max_abs == 0 else agreement.psnr_db
    return None if measurement.is_untrained else measurement.quality.get(metric.key)
