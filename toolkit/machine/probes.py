"""Every property that Atelier reads of the machine: its name, how it is read, its use, and what is lost without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.machine import cgroups, counters, hardware, memory, threads
from toolkit.machine.kernel_files import Reading


@dataclass(frozen=True)
class Probe:
    """A property of the machine, and how Atelier reads the property.

    Attributes
    ----------
    name : str
        Name in the machine's description (fingerprint) and in ``atelier doctor``.
    read : callable
        Function from the root of the file tree to a `Reading`.
    used_for : str
        Purpose of the value.
    absence_weakens : str
        What a result cannot show on a machine that does not give the value; ``""`` if nothing is lost.
    """

    name: str
    read: Callable[[Path], Reading[Any]]
    used_for: str
    absence_weakens: str = ""


def _marks(name: str, read: Callable[[Path], Reading[Any]], which: str) -> Probe:
    """A probe that marks disturbed blocks (measurements of one process each) as doubtful."""
    return Probe(name, read, f"marks blocks {which}", f"blocks {which} are not marked")


PROBES = (
    Probe("processor", hardware.processor, "names the machine that a result belongs to"),
    Probe(
        "affinity",
        hardware.affinity,
        "how many processors may be used",
        "processors that may not be used are counted as usable",
    ),
    Probe(
        "topology",
        hardware.sibling_groups,
        "tells physical cores from hyper-threads",
        "two threads that share one physical core are not noticed",
    ),
    Probe(
        "cpu quota",
        cgroups.cpu_quota,
        "the share of the processors that a container may use",
        "more threads than the container's CPU quota allows are not noticed",
    ),
    Probe("memory", hardware.memory, "how large a picture fits"),
    Probe(
        "memory limit",
        cgroups.memory_limit,
        "the memory that a container may use",
        "a picture that is too large for the container's memory is not refused",
    ),
    _marks("frequency", hardware.frequency, "during which the processor's clock was lowered"),
    Probe("graphics card", hardware.graphics_cards, "whether the device cuda can be asked for"),
    _marks("steal", counters.processor_ticks, "that other virtual machines disturbed"),
    _marks(
        "pressure",
        lambda root: counters.stalled_us("cpu", root),
        "during which tasks waited for processor, memory or disk",
    ),
    _marks("throttling", cgroups.throttled_periods, "that the container's CPU quota interrupted"),
    _marks("thermal throttling", counters.thermal_events, "that were slowed by heat"),
    _marks(
        "swapping", lambda root: counters.swapped_bytes("in", root), "during which memory was swapped to disk"
    ),
    Probe(
        "run-queue delay",
        lambda root: threads.run_queue(root / "proc/self"),
        "marks blocks whose workers waited for a processor",
        "threads that waited for a processor look like threads that slept, so crowding may stay unnoticed",
    ),
    Probe(
        "proportional memory",
        lambda root: memory.proportional_bytes("self", root),
        "memory of several processes, shared pages counted once",
        "the memory of several workers is given as that of the largest one",
    ),
    Probe(
        "memory high-water mark",
        lambda root: memory.high_water_bytes("self", root),
        "the peak memory of one process",
        "a short peak between two samples is missed",
    ),
    Probe(
        "high-water reset",
        lambda root: memory.high_water_reset("self", root),
        "starts the peak memory at the measured call",
        "a peak may come from before the measured call, so it is only an upper bound",
    ),
    Probe(
        "cgroup memory peak",
        cgroups.memory_peak,
        "the peak memory of a container",
        "the peak memory of the whole container is unknown",
    ),
    Probe("energy", hardware.energy, "the processor's energy counter; no result uses it yet"),
)
"""All probes, in the order in which they are shown."""
