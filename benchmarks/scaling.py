"""Are the scaling laws right? Bands on simulated tables, the published table, and cells that were not fitted.

``python -m benchmarks.scaling`` simulates 1000 tables and fits the published one; with ``--held-out`` it also measures
sizes and workers on this machine (minutes), leaves out cells, and compares them with what the law predicts.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

from toolkit.analysis.scaling_laws import REPLICATES, fit_scaling_law
from toolkit.analysis.throughput_law import fit_throughput_law
from toolkit.bench.grid import Grid
from toolkit.results.rows.quiet import busy_sentence
from toolkit.results.rows.rate_file import read_rates
from toolkit.results.rows.rates import RateTable, rate_tables
from toolkit.results.store.store import Store
from toolkit.studies.collection import collect

COMMAND = "python -m benchmarks.scaling"
COVERAGE = (0.91, 0.98)
"""Limits of the share of 95 % bands that contain the truth."""
NOISE = 0.03
MOST_ERROR = 0.10
COUNTS = ((1, 2, 3, 4, 5, 6, 7, 8), (1, 2, 4, 6, 8, 12, 16, 24), (1, 2, 4, 8, 16, 32, 48, 64))
HELD_OUT = ("oil_painting", "pencil_sketch", "color_pencil")
SIZES_MP, WORKERS = (0.25, 0.5, 1.0, 2.0), (1, 2)
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


def held_out_errors(tables: list[RateTable]) -> list[tuple[str, float, int, float, bool]]:
    """For each cell of one operation: what a law fitted to the other cells says of it.

    Returns
    -------
    list of (operation, megapixels, workers, relative error, whether the prediction interval contains it)
    """
    rates = {
        (table.megapixels or 0.0, point.workers, point.threads): point.rate.value
        for table in tables
        for point in table.points
        if table.has_cores_for(point)
    }
    found = []
    for cell, measured in rates.items():
        others = {other: rate for other, rate in rates.items() if other != cell}
        law = fit_throughput_law(list(others), list(others.values()))
        assert law is not None
        rate, low, high = (float(values[0]) for values in law.predict([cell]))
        found.append((tables[0].name, cell[0], cell[1], rate / measured - 1, low <= measured <= high))
    return found


def held_out(operations: tuple[str, ...]) -> bool:
    """Measure sizes x workers here, leave out each cell in turn, and print what the others say of it."""
    grid = Grid(operations=operations, megapixels=SIZES_MP, workers=WORKERS)
    with tempfile.TemporaryDirectory() as folder:
        rows = collect(grid, quick=False, store=Store(Path(folder) / "store.sqlite")).rows
    if busy := busy_sentence(rows):
        print(busy)
    tables = rate_tables(rows)
    errors = []
    for name in dict.fromkeys(table.name for table in tables):
        errors += held_out_errors([table for table in tables if table.name == name])
    print("Each cell in turn is left out, and predicted by the law of the others")
    for name, megapixels, workers, error, is_inside in errors:
        inside = "inside" if is_inside else "OUTSIDE"
        print(f"  {name:24} {megapixels:5.2f} MP {workers} workers: {error:+6.1%}, {inside} the interval")
    largest = max(abs(error) for *_, error, _ in errors)
    print(f"Largest error: {largest:.1%} (limit {MOST_ERROR:.0%})")
    return largest < MOST_ERROR and not busy


def main() -> int:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, default=1000, help="simulated tables")
    parser.add_argument(
        "--held-out", action="store_true", help="measure here, and predict cells that were left out"
    )
    parser.add_argument("--operations", nargs="+", default=HELD_OUT, help="of --held-out")
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
    if asked.held_out:
        holds = held_out(tuple(asked.operations)) and holds
    print("holds" if holds else "BROKEN")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
