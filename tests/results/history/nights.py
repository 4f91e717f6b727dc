"""A store with nightly runs of simulated trials."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.history_store import at_night
from tests.results.factory import make_measurement
from toolkit.contracts.measurement import Measurement
from toolkit.results.store.store import Store


def nights(
    store: Store,
    factors: list[float],
    *,
    first: int = 0,
    measurement: Measurement | None = None,
    changes: dict[int, dict[str, object]] | None = None,
) -> None:
    """Add a run for each factor of the usual time; `changes` are attributes of the Measurement from that night on."""
    m = measurement or make_measurement("oil_painting", megapixels=0.5)
    random = np.random.default_rng(7)
    rows = []
    for night, factor in enumerate(factors, first):
        row = at_night(m, night, factor=factor * float(np.exp(0.01 * random.standard_normal())))
        rows.append(row)
    for night, attributes in (changes or {}).items():
        rows[night:] = [
            replace(
                row, **{name: value(row) if callable(value) else value for name, value in attributes.items()}
            )
            for row in rows[night:]
        ]
    store.add_all(rows)
