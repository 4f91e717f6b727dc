"""Disturbances of a block: two snapshots of the machine's counters, what changed between them, and what is suspect.

A reading that the machine does not give is None and raises no doubt; the fingerprint's ``probes`` name it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from toolkit.core import units
from toolkit.machine import cgroups, counters
from toolkit.machine.hardware import allowed_processors
from toolkit.machine.kernel_files import ROOT, Reading, read
from toolkit.machine.process_tree import cpu_ticks

# Other processes share caches, memory bandwidth and the turbo budget even where they leave a processor free.
OTHERS_SHARE = 0.10
# Work that finds no free processor displaces ours; 0.1 processor is what an idle desktop uses by itself.
CONTENDED_CPUS = 0.10
# With processors to spare no task should wait for one; a few per cent is the scheduler moving tasks.
CPU_PRESSURE_SHARE = 0.05
# Time spent waiting in the run queue makes a worker's samples longer by as much.
RUN_DELAY_SHARE = 0.02
# A timer tick may preempt; more often than this in a second of work, another task wanted the processor.
INVOLUNTARY_PER_S = 25.0
# Processor time is counted in ticks of 10 ms: below this many, a share would be mostly rounding.
_MIN_TICKS = 20

COUNTERS: Mapping[str, Callable[[Path], Reading[int]]] = {
    "cpu_stalled_us": lambda root: counters.stalled_us("cpu", root),
    "memory_stalled_us": lambda root: counters.stalled_us("memory", root),
    "io_stalled_us": lambda root: counters.stalled_us("io", root),
    "swapped_in_bytes": lambda root: counters.swapped_bytes("in", root),
    "swapped_out_bytes": lambda root: counters.swapped_bytes("out", root),
    "throttled_periods": cgroups.throttled_periods,
    "thermal_events": counters.thermal_events,
}
"""Counters that only grow, and how each is read."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The machine's counters at one moment.

    Attributes
    ----------
    at_s : float
        Monotonic clock.
    ticks : mapping of str to int, or None
        ``busy``, ``steal`` and ``all`` time of the allowed processors since the machine started, in the kernel's ticks.
    own_ticks : int or None
        Processor time of this process and its descendants, ended ones included, in ticks.
    load : float or None
        Runnable tasks, averaged over a minute.
    counted : mapping of str to int or None
        One value for each of `COUNTERS`.
    frequency_hz : float or None
        Mean over the allowed processors.
    allowed_cpus : int
    """

    at_s: float
    ticks: Mapping[str, int] | None
    own_ticks: int | None
    load: float | None
    counted: Mapping[str, int | None]
    frequency_hz: float | None
    allowed_cpus: int


def snapshot(root: Path = ROOT) -> Snapshot:
    """Read every counter now; takes a few milliseconds, so call it outside the timed region."""
    return Snapshot(
        at_s=time.monotonic(),
        ticks=counters.processor_ticks(root).value,
        own_ticks=cpu_ticks(os.getpid(), root),
        load=read(root / "proc/loadavg", lambda text: float(text.split()[0])).value,
        counted={name: counter(root).value for name, counter in COUNTERS.items()},
        frequency_hz=counters.clock_hz(root).value,
        allowed_cpus=len(allowed_processors(root)),
    )


def compare(
    before: Snapshot, after: Snapshot, *, expected_busy_cpus: float
) -> tuple[dict[str, float | None], tuple[str, ...]]:
    """What happened between two snapshots, and what makes the block between them suspect.

    Parameters
    ----------
    expected_busy_cpus : float
        Processors that the measurement itself is meant to keep busy: workers x threads.

    Returns
    -------
    readings : dict of str to float or None
        ``window_s``, ``load``, ``steal_share``, ``own_cpus``, ``others_cpus`` (processors kept busy by this
        process tree and by all others), ``cpu_pressure_share``, ``memory_pressure_share``,
        ``io_pressure_share``, ``swapped_in_bytes``, ``swapped_out_bytes``, ``throttled_periods``,
        ``thermal_events``, ``frequency_ratio`` (after over before). Shares are 0..1.
    suspect : tuple of str
        Short sentences; empty when the machine was quiet.
    """
    readings = _readings(before, after, expected_busy_cpus)
    return readings, tuple(_doubts(readings, expected_busy_cpus, after.allowed_cpus))


def doubts_of_worker(
    *, cpu_s: float, involuntary_switches: int, run_delay_s: float | None, fits: bool
) -> tuple[str, ...]:
    """What makes one worker's samples suspect, from its own counters over the steady calls.

    Parameters
    ----------
    cpu_s : float
        Processor time of all threads.
    involuntary_switches : int
        How often the kernel took the processor away.
    run_delay_s : float or None
        Time that threads were ready to run and had no processor.
    fits : bool
        Whether workers x threads is at most the allowed processors; if not, waiting is the trial's own doing.
    """
    if not fits or cpu_s <= 0:
        return ()
    doubts = []
    if run_delay_s is not None and run_delay_s > RUN_DELAY_SHARE * cpu_s:
        doubts.append(f"a worker waited for a processor {units.percent(run_delay_s / cpu_s)} of its time")
    # A short run may be preempted a few times by chance.
    if involuntary_switches > max(10.0, INVOLUNTARY_PER_S * cpu_s):
        doubts.append(f"a worker was preempted {involuntary_switches / cpu_s:.0f} times a second")
    return tuple(doubts)


def _readings(before: Snapshot, after: Snapshot, expected_busy_cpus: float) -> dict[str, float | None]:
    window_s = max(after.at_s - before.at_s, 1e-9)
    steal = own = others = None
    if before.ticks and after.ticks:
        busy, stolen, passed = (after.ticks[k] - before.ticks[k] for k in ("busy", "steal", "all"))
        if passed >= _MIN_TICKS:
            steal = stolen / passed
            cpus = after.allowed_cpus * busy / passed
            if before.own_ticks is not None and after.own_ticks is not None:
                own = after.allowed_cpus * max(0, after.own_ticks - before.own_ticks) / passed
            others = max(0.0, cpus - (expected_busy_cpus if own is None else own))
    grown = {name: _growth(before.counted[name], after.counted[name]) for name in COUNTERS}
    pressure: dict[str, float | None] = {}
    for resource in ("cpu", "memory", "io"):
        stalled_us = grown.pop(f"{resource}_stalled_us")
        share = None if stalled_us is None else min(1.0, stalled_us / 1e6 / window_s)
        pressure[f"{resource}_pressure_share"] = share
    clock_before, clock_after = before.frequency_hz, after.frequency_hz
    return {
        "window_s": window_s,
        "load": after.load,
        "steal_share": steal,
        "own_cpus": own,
        "others_cpus": others,
        **pressure,
        **grown,
        "frequency_ratio": clock_after / clock_before if clock_after and clock_before else None,
    }


# Name of a reading, its limit, and the sentence for a value above the limit.
_LIMITS = (
    # A verdict is about effects of 2-3 %; time taken by the hypervisor must stay well below that.
    ("steal_share", 0.01, "other virtual machines took {share} of the processor time (steal)"),
    # Waiting for memory means reclaim or swap, which a picture filter does not need on a healthy machine.
    ("memory_pressure_share", 0.01, "tasks waited for memory {share} of the time"),
    # The timed calls do no input or output; a busy disk disturbs through the page cache and interrupts.
    ("io_pressure_share", 0.10, "tasks waited for the disk {share} of the time"),
    ("swapped_mb", 0.0, "{value:.1f} MB were swapped to or from disk: free some memory"),
    # One throttled period stops every thread of the cgroup for up to 100 ms.
    (
        "throttled_periods",
        0.0,
        "the CPU quota stopped the processes in {value:.0f} periods: use fewer threads",
    ),
    ("thermal_events", 0.0, "the processor lowered its clock {value:.0f} times because of heat"),
    # Both frequencies are read when the driver has just woken up, so they can be compared.
    ("clock_fall", 0.20, "the clock frequency fell by {share} during the block"),
)


def _doubts(readings: Mapping[str, float | None], expected: float, allowed: int) -> list[str]:
    value = {name: 0.0 if reading is None else reading for name, reading in readings.items()}
    value["swapped_mb"] = (value["swapped_in_bytes"] + value["swapped_out_bytes"]) / 1e6
    value["clock_fall"] = 1 - (readings["frequency_ratio"] or 1.0)
    doubts = []
    others, waited = value["others_cpus"], value["cpu_pressure_share"]
    displaced = others + min(expected, allowed) - allowed
    if others > OTHERS_SHARE * allowed or displaced > CONTENDED_CPUS:
        doubts.append(f"other processes used {others:.1f} of {allowed} processors")
    # A trial that fills every processor makes its own tasks wait.
    if expected < allowed and waited > CPU_PRESSURE_SHARE:
        doubts.append(f"tasks waited for a processor {units.percent(waited)} of the time")
    for name, limit, sentence in _LIMITS:
        if value[name] > limit:
            doubts.append(sentence.format(share=units.percent(value[name]), value=value[name]))
    return doubts


def _growth(before: int | None, after: int | None) -> float | None:
    return None if before is None or after is None else float(max(0, after - before))
