"""Are the scaling laws right? Bands on simulated tables, the published table, and cells that were not fitted.

``python -m benchmarks.scaling`` simulates 1000 tables and fits the published one; with ``--held-out`` it also measures
sizes and workers on this machine (minutes), leaves out cells, and compares them with what the law predicts.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

from toolkit.analysis.scaling_laws import REPLICATES, fit_scaling_law
from toolkit.results.rows.rate_file import read_rates

COMMAND = "python -m benchmarks.scaling"
COVERAGE = (0.91, 0.98)
"""Limits of the share of 95 % bands that contain the truth."""
NOISE = 0.03
MOST_ERROR = 0.10
COUNTS = ((1, 2, 3, 4, 5, 6, 7, 8), (1, 2, 4, 6, 8, 12, 16, 24), (1, 2, 4, 8, 16, 32, 48, 64))
SIGMAS, KAPPAS = (0.0, 0.02, 0.1, 0.3), (0.0, 1e-4, 1e-3, 1e-2)


def simulated_coverage(*, tables: int, replicates: int = REPLICATES, seed: int = 1) -> dict[str, float]:
    """Share of intervals that contain the truth, over tables of 8 points with 3 % noise and known parameters.

    ``band`` is of the throughput at the 8 worker counts; ``sigma``, ``kappa`` and ``peak`` are of the parameters (at 0,
    a one-sided interval is right more often); ``negative`` is the share of laws with a coefficient below 0.
    """
    random = np.random.default_rng(seed)
    found: dict[str, list[float]] = {name: [] for name in ("band", "sigma", "kappa", "peak", "negative")}
    for _ in range(tables):
        counts = COUNTS[random.integers(len(COUNTS))]
        sigma, kappa = float(random.choice(SIGMAS)), float(random.choice(KAPPAS))
        n = np.array(counts, dtype=float)
        truth = 5 * n / (1 + sigma * (n - 1) + kappa * n * (n - 1))
        law = fit_scaling_law(
            counts, (truth * np.exp(NOISE * random.standard_normal(len(n)))).tolist(), replicates=replicates
        )
        assert law is not None
        _, low, high = law.predict(n)
        found["band"].append(float(np.mean((low <= truth) & (truth <= high))))
        found["sigma"].append(law.sigma.low <= sigma <= law.sigma.high)
        found["kappa"].append(law.kappa.low <= kappa <= law.kappa.high)
        if kappa > 0:
            found["peak"].append(law.peak.low <= np.sqrt((1 - sigma) / kappa) <= law.peak.high)
        found["negative"].append(min(law.sigma.low, law.sigma.value, law.kappa.low, law.kappa.value) < 0)
    return {name: float(np.mean(values)) for name, values in found.items()}


def published_error() -> float:
    """Relative error of 14 workers in the published table, by a law fitted to 1, 4 and 8 workers."""
    (table,) = read_rates("animeganv2_14_cores")
    rates = {point.workers: point.rate.value for point in table.points}
    law = fit_scaling_law([1, 4, 8], [rates[n] for n in (1, 4, 8)], most_workers=table.cores)
    assert law is not None
    return float(law.predict([14])[0][0]) / rates[14] - 1


def main() -> int:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, default=1000, help="simulated tables")
    asked = parser.parse_args()
    coverage = simulated_coverage(tables=asked.tables)
    print(
        f"{asked.tables} simulated tables of 8 points, {NOISE:.0%} noise: share of 95 % intervals that are right"
    )
    for name in ("band", "sigma", "kappa", "peak"):
        print(f"  {name:6} {coverage[name]:.1%}")
    print(f"  laws with a negative coefficient: {coverage['negative']:.1%}")
    error = published_error()
    print(f"Published table: 14 workers predicted from 1, 4 and 8 with an error of {error:+.1%}")
    holds = (
        COVERAGE[0] <= coverage["band"] <= COVERAGE[1]
        and not coverage["negative"]
        and abs(error) < MOST_ERROR
    )
    print("holds" if holds else "BROKEN")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
