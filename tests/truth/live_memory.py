"""Figure 6: planted allocations of real processes compared with the result of the memory pass."""

from __future__ import annotations

import time

from tests.truth.figures import Figure, Section, at_most, for_information
from tests.truth.planted_memory import MB, PLANTS, grown, observe, planted, small_child_of_large_parent
from toolkit.machine.memory import TreeSampler, high_water_bytes

SPIKE_MB = 200
SMALL_MB = 30
"""A bare interpreter is smaller than this."""


def memory(scale: float) -> list[Figure]:
    """Sum of PSS within 3 %; a spike between two samples; a child that reports its own size."""
    repeats = max(1, round(10 * scale))
    figures = []
    for plant in PLANTS:
        errors = [abs(grown(plant.measured()) / (plant.grows_mb * MB) - 1) for _ in range(repeats)]
        name = f"sum of PSS, {plant.name}, {plant.grows_mb:.0f} MB: largest error of {repeats}"
        figures.append(at_most(name, max(errors), 0.03))
    spikes = [_spike() for _ in range(repeats)]
    missed = max(abs(mark / (SPIKE_MB * MB) - 1) for _, mark in spikes)
    figures += [
        at_most(f"high-water mark of a spike of {SPIKE_MB} MB: largest error of {repeats}", missed, 0.03),
        for_information(
            "  the same spike between two samples of PSS", f"{max(s for s, _ in spikes) / MB:.0f} MB"
        ),
    ]
    children = [_small_child() for _ in range(repeats)]
    largest = max(child for child, _ in children) / MB
    parent = min(parent for _, parent in children) / MB
    figures.append(
        Figure(
            f"small child of a parent of {parent:.0f} MB reports its own size",
            f"{largest:.0f} MB",
            f"at most {SMALL_MB} MB",
            largest <= SMALL_MB,
        )
    )
    return figures


def _spike() -> tuple[float, float]:
    """Growth of the sum of PSS and of the high-water mark, for memory taken and freed between two samples."""
    with planted(f"take({SPIKE_MB})") as workers:
        idle = high_water_bytes(workers[0].pid).value or 0
        found = observe(workers, interval_s=60)
    return grown(found), found.rss_peak_bytes - idle


def _small_child() -> tuple[int, int]:
    """High-water marks of the child and of its parent."""
    with small_child_of_large_parent() as (child, parent):
        with TreeSampler([child]) as sampler:
            time.sleep(0.05)
        return sampler.peak.rss_peak_bytes, high_water_bytes(parent).value or 0


SECTIONS = (Section("6-memory", "Memory of real processes", memory),)
