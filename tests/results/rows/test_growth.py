"""A power law is fitted to right rows that were not all measured on a busy machine."""

from __future__ import annotations

from tests.results.factory import make_measurement
from toolkit.results.rows.growth import fit_series
from toolkit.results.rows.summarising import summarise

BUSY = ("other processes used 1.5 of 2 processors",)


def _law(**given):
    ((points, law),) = fit_series(
        summarise(make_measurement(megapixels=size, **given) for size in (0.5, 1, 2, 4))
    ).values()
    assert len(points) == 4
    return law


def test_a_series_measured_on_a_busy_machine_has_no_law():
    assert _law() is not None
    assert _law(suspect=BUSY) is None
