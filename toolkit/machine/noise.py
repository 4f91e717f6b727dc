"""Disturbances while a process is measured, found from the machine's counters before and after.

A counter that this machine lacks has the value None and raises no doubt; ``probes`` in the machine's description
(fingerprint) lists it as absent.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from toolkit.core import units
from toolkit.machine import cgroups, counters
from toolkit.machine.hardware import allowed_processors
from toolkit.machine.kernel_files import ROOT, Reading, read
from toolkit.machine.process_tree import cpu_ticks

# Share of the processors that other programs may use before a measurement is suspect. Other programs also use the
# caches, the memory bandwidth and the turbo clock, so they slow the measured program even if a processor is free.
OTHERS_SHARE = 0.10
# Other programs and the measured program together may use this many processors more than are allowed. If more
# processors are in use, other programs take processors from the measured program. An idle desktop uses about 0.1
# processor.
CONTENDED_CPUS = 0.10
# Share of the time in which some task may wait for a processor although processors are free. The scheduler needs a few
# per cent to move tasks between processors; more means that other programs crowd the machine.
CPU_PRESSURE_SHARE = 0.05
# Time that a worker process may wait for a processor, as a share of its processor time. The wait is part of the times
# that the worker measures, so a larger share would lengthen these times noticeably.
RUN_DELAY_SHARE = 0.02
# How often in a second of work the kernel may interrupt a worker to run another task. The kernel's timer causes some
# interruptions; more of them mean that another program wanted the processor.
INVOLUNTARY_PER_S = 25.0
# Least number of ticks (of 10 ms, in which the kernel counts processor time) between two snapshots: a share computed
# from fewer ticks would be mostly a rounding error.
_MIN_TICKS = 20

TAKEN = re.compile(r"other processes used ([\d.]+) of (\d+) processors")
"""Pattern of the message that other processes ran: the number of processors that they used, and of all processors."""

COUNTERS: Mapping[str, Callable[[Path], Reading[int]]] = {
    "cpu_stalled_us": lambda root: counters.stalled_us("cpu", root),
    "memory_stalled_us": lambda root: counters.stalled_us("memory", root),
    "io_stalled_us": lambda root: counters.stalled_us("io", root),
    "swapped_in_bytes": lambda root: counters.swapped_bytes("in", root),
    "swapped_out_bytes": lambda root: counters.swapped_bytes("out", root),
    "throttled_periods": cgroups.throttled_periods,
    "thermal_events": counters.thermal_events,
}
"""Name of each counter that only grows, and the function that reads the counter."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The machine's counters at one moment.

    Attributes
    ----------
    at_s : float
        Time of the snapshot on the monotonic clock, s.
    ticks : mapping of str to int, or None
        ``busy``, ``steal`` and ``all`` time of the allowed processors since the machine started, in the kernel's ticks.
    own_ticks : int or None
        Processor time of this process and its descendants, ended descendants included, in ticks.
    load : float or None
        Number of runnable tasks, averaged over the last minute.
    counted : mapping of str to int or None
        The value of each counter in `COUNTERS`; None for an unreadable counter.
    frequency_hz : float or None
        Clock frequency, Hz: mean over the allowed processors.
    allowed_cpus : int
        Number of processors that this process may use.
    """

    at_s: float
    ticks: Mapping[str, int] | None
    own_ticks: int | None
    load: float | None
    counted: Mapping[str, int | None]
    frequency_hz: float | None
    allowed_cpus: int


def snapshot(root: Path = ROOT) -> Snapshot:
    """Read every counter of the machine now, in a few milliseconds; do not call this function in a timed region."""
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
    """Compare two snapshots: what changed, and which changes make a measurement between them doubtful.

    Parameters
    ----------
    expected_busy_cpus : float
        Processors that the measurement itself is meant to keep busy: workers x threads.

    Returns
    -------
    readings : dict of str to float or None
        ``window_s`` (seconds between the snapshots), ``load`` (runnable tasks), ``steal_share`` (share of the processor
        time that other virtual machines took), ``own_cpus`` and ``others_cpus`` (processors kept busy by this process
        with its descendants, and by all other programs), ``cpu_pressure_share``, ``memory_pressure_share`` and
        ``io_pressure_share`` (share of the time in which some task waited for a processor, memory or disk),
        ``swapped_in_bytes``, ``swapped_out_bytes``, ``throttled_periods`` (periods in which the CPU quota was used up),
        ``thermal_events`` (times that heat lowered the clock), ``frequency_ratio`` (clock frequency after, divided by
        before). All shares are from 0 to 1.
    suspect : tuple of str
        Short sentences, one for each disturbance; empty when nothing disturbed the measurement.
    """
    readings = _readings(before, after, expected_busy_cpus)
    return readings, tuple(_doubts(readings, expected_busy_cpus, after.allowed_cpus))


def doubts_of_worker(
    *, cpu_s: float, involuntary_switches: int, run_delay_s: float | None, fits: bool
) -> tuple[str, ...]:
    """Reasons to doubt the times that one worker process measured, from its counters over the calls after warm-up.

    Parameters
    ----------
    cpu_s : float
        Processor time of all threads of the worker, s.
    involuntary_switches : int
        Number of times that the kernel took the processor away from the worker.
    run_delay_s : float or None
        Time in which threads were ready to run but had no processor.
    fits : bool
        Whether workers x threads is at most the number of allowed processors. If there are more threads than
        processors, the measured program itself makes its threads wait, and no doubt is raised.
    """
    if not fits or cpu_s <= 0:
        return ()
    doubts = []
    if run_delay_s is not None and run_delay_s > RUN_DELAY_SHARE * cpu_s:
        doubts.append(f"a worker waited for a processor {units.percent(run_delay_s / cpu_s)} of its time")
    # In a short run up to 10 interruptions may be chance, so they raise no doubt.
    if involuntary_switches > max(10.0, INVOLUNTARY_PER_S * cpu_s):
        doubts.append(f"a worker was preempted {involuntary_switches / cpu_s:.0f} times a second")
    return tuple(doubts)


def is_about_processors(doubt: str) -> bool:
    """Whether a doubt (a message about a disturbance) says that other programs took processor time.

    >>> is_about_processors("other processes used 1.5 of 2 processors"), is_about_processors("42 MB were swapped")
    (True, False)
    """
    return any(words in doubt for words in ("other processes used", "for a processor", "was preempted"))


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


# Each entry of this table has the name of a reading, its limit, and the sentence for a value above this limit.
_LIMITS = (
    # Comparisons must detect changes of 2 to 3 %, so the hypervisor must give much less time to other machines.
    ("steal_share", 0.01, "other virtual machines took {share} of the processor time (steal)"),
    # Tasks wait for memory only when the kernel must free or swap memory, which never happens with enough memory.
    ("memory_pressure_share", 0.01, "tasks waited for memory {share} of the time"),
    # The timed calls use no disk, so only a very busy disk slows them, through interrupts and the page cache.
    ("io_pressure_share", 0.10, "tasks waited for the disk {share} of the time"),
    ("swapped_mb", 0.0, "{value:.1f} MB were swapped to or from disk: free some memory"),
    # A single period with a used-up quota stops every thread of the cgroup for up to 100 ms, so the limit is 0.
    ("throttled_periods", 0.0, "the CPU quota stopped processes in {value:.0f} periods: use fewer threads"),
    ("thermal_events", 0.0, "the processor lowered its clock {value:.0f} times because of heat"),
    # Both clock frequencies are read just after the measuring process woke up from waiting, so they can be compared.
    ("clock_fall", 0.20, "the clock frequency fell by {share} during the measurement"),
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
    # A measured program that fills every processor makes its own tasks wait, which is no disturbance.
    if expected < allowed and waited > CPU_PRESSURE_SHARE:
        doubts.append(f"tasks waited for a processor {units.percent(waited)} of the time")
    for name, limit, sentence in _LIMITS:
        if value[name] > limit:
            doubts.append(sentence.format(share=units.percent(value[name]), value=value[name]))
    return doubts


def _growth(before: int | None, after: int | None) -> float | None:
    return None if before is None or after is None else float(max(0, after - before))
