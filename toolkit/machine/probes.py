"""All properties of the machine that Atelier reads: name, reader, purpose, and what is lost without the property."""

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
        Purpose for which Atelier uses the value.
    absence_weakens : str
        What a result cannot show on a machine that does not give the value; ``""`` if nothing is lost.
    """

    name: str
    read: Callable[[Path], Reading[Any]]
    used_for: str
    absence_weakens: str = ""


def _marks(name: str, read: Callable[[Path], Reading[Any]], blocks: str) -> Probe:
    """A probe that marks disturbed measurements as doubtful."""
    return Probe(name, read, f"marks {blocks}", f"{blocks} are not marked")


PROBES = (
    Probe("processor", hardware.processor, "names the machine on which a result was measured"),
    Probe(
        "affinity",
        hardware.affinity,
        "the number of processors that Atelier may use",
        "processors that Atelier may not use are counted as usable",
    ),
    Probe(
        "topology",
        hardware.sibling_groups,
        "distinguishes physical cores from hyper-threads",
        "Atelier does not notice two threads that share one physical core",
    ),
    Probe(
        "cpu quota",
        cgroups.cpu_quota,
        "the share of the processors that a container may use",
        "Atelier does not notice more threads than the container's CPU quota allows",
    ),
    Probe("memory", hardware.memory, "the largest picture that fits into memory"),
    Probe(
        "memory limit",
        cgroups.memory_limit,
        "the memory that a container may use",
        "a picture that is too large for the container's memory is not refused",
    ),
    _marks("frequency", hardware.frequency, "measurements during which the processor's clock was lowered"),
    Probe("graphics card", hardware.graphics_cards, "whether trials can use the device cuda"),
    _marks("steal", counters.processor_ticks, "measurements that other virtual machines disturbed"),
    _marks(
        "pressure",
        lambda root: counters.stalled_us("cpu", root),
        "measurements during which tasks waited for processor, memory or disk",
    ),
    _marks(
        "throttling", cgroups.throttled_periods, "measurements that the container's CPU quota interrupted"
    ),
    _marks("thermal throttling", counters.thermal_events, "measurements that were slowed by heat"),
    _marks(
        "swapping",
        lambda root: counters.swapped_bytes("in", root),
        "measurements during which memory was swapped to disk",
    ),
    Probe(
        "run-queue delay",
        lambda root: threads.run_queue(root / "proc/self"),
        "marks measurements whose workers waited for a processor",
        "threads that waited for a processor look like threads that slept, so too many threads may stay unnoticed",
    ),
    Probe(
        "proportional memory",
        lambda root: memory.proportional_bytes("self", root),
        "memory of several processes, shared pages counted once",
        "the memory of several workers is reported as the memory of the largest worker",
    ),
    Probe(
        "memory high-water mark",
        lambda root: memory.high_water_bytes("self", root),
        "the peak memory of one process",
        "a short peak of memory between two samples is missed",
    ),
    Probe(
        "high-water reset",
        lambda root: memory.high_water_reset("self", root),
        "limits the peak memory to the time since the measured call began",
        "the reported peak memory may be older than the measured call, so it is only an upper bound",
    ),
    Probe(
        "cgroup memory peak",
        cgroups.memory_peak,
        "the peak memory of a container",
        "the peak memory of the whole container is unknown",
    ),
    Probe("energy", hardware.energy, "the processor's energy counter, which no result uses yet"),
)
"""All probes, in the order in which ``atelier doctor`` shows them."""
