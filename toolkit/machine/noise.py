"""What else went on around a block: two snapshots, the readings between them, and reasons for doubt.

Every reading that a machine cannot give is None: it raises no doubt, and the fingerprint's ``probes`` say so.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from toolkit.machine import hardware, probes
from toolkit.machine.probes import ROOT, read
from toolkit.machine.process_tree import cpu_ticks

# A verdict speaks of effects of 2-3 %; time taken away by the hypervisor must stay well below that.
STEAL_SHARE = 0.01
# Neighbours share caches, memory bandwidth and the turbo budget even where they leave a processor free.
OTHERS_SHARE = 0.10
# Work that finds no free processor displaces ours; 0.1 processor is what an idle desktop does by itself.
CONTENDED_CPUS = 0.10
# With processors to spare nobody should wait for one; a few per cent is the scheduler moving tasks.
CPU_PRESSURE_SHARE = 0.05
# Waiting for memory means reclaim or swap, which a picture filter never needs on a healthy machine.
MEMORY_PRESSURE_SHARE = 0.01
# The timed calls do no input or output; a busy disk matters through the page cache and interrupts.
IO_PRESSURE_SHARE = 0.10
# One throttled period stops every thread of the cgroup for up to 100 ms.
THROTTLED_PERIODS = 1
THERMAL_EVENTS = 1
# The driver wakes up before and after a block in the same way: a fall this large is the clock's.
FREQUENCY_FALL = 0.80
# Time spent waiting in the run queue biases a worker's samples by as much.
RUN_DELAY_SHARE = 0.02
# A timer tick may preempt; more often than this per second of work, somebody else wanted the processor.
INVOLUNTARY_PER_S = 25.0
# Processor time is counted in ticks of 10 ms: below this many, a share would be mostly rounding.
_MIN_TICKS = 20


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Counters of one moment; ticks are the kernel's unit of processor time.

    Attributes
    ----------
    at_s : float
        Monotonic clock.
    ticks : mapping of str to int, or None
        ``busy``, ``steal`` and ``all`` over the allowed processors since the machine started.
    own_ticks : int or None
        The same for this process and its descendants, ended ones included.
    load : float or None
        Runnable tasks, averaged over a minute.
    stalled_us : mapping of str to int or None
        Microseconds in which some task waited for ``cpu``, ``memory`` or ``io``.
    swap_pages : (int, int) or None
        Pages read from and written to swap.
    throttled_periods, thermal_events : int or None
    frequency_hz : float or None
        Mean over the allowed processors.
    allowed_cpus : int
    """

    at_s: float
    ticks: Mapping[str, int] | None
    own_ticks: int | None
    load: float | None
    stalled_us: Mapping[str, int | None]
    swap_pages: tuple[int, int] | None
    throttled_periods: int | None
    thermal_events: int | None
    frequency_hz: float | None
    allowed_cpus: int


def snapshot(root: Path = ROOT) -> Snapshot:
    """Read every counter now; a few milliseconds, to be called outside the timed region."""
    allowed = hardware.allowed_list(root).value or tuple(range(os.cpu_count() or 1))
    throttling = probes.cpu_statistics(root).value
    return Snapshot(
        at_s=time.monotonic(),
        ticks=read(root / "proc/stat", lambda text: _ticks(text, frozenset(allowed))).value,
        own_ticks=cpu_ticks(os.getpid(), root),
        load=read(root / "proc/loadavg", lambda text: float(text.split()[0])).value,
        stalled_us={name: _stalled_us(root, name) for name in ("cpu", "memory", "io")},
        swap_pages=read(root / "proc/vmstat", _swap_pages).value,
        throttled_periods=throttling["nr_throttled"] if throttling else None,
        thermal_events=_thermal_events(root),
        frequency_hz=_frequency_hz(root, allowed),
        allowed_cpus=len(allowed),
    )


def compare(
    before: Snapshot, after: Snapshot, *, expected_busy_cpus: float
) -> tuple[dict[str, float | None], tuple[str, ...]]:
    """What happened between two snapshots, and whether it should be doubted.

    Parameters
    ----------
    expected_busy_cpus : float
        Processors that the measurement itself was meant to keep busy: workers x threads.

    Returns
    -------
    readings : dict of str to float or None
        ``window_s``, ``load``, ``steal_share``, ``own_cpus``, ``others_cpus`` (processors kept busy by this
        process tree and by everybody else), ``cpu_pressure_share``, ``memory_pressure_share``,
        ``io_pressure_share``, ``swapped_in_bytes``, ``swapped_out_bytes``, ``throttled_periods``,
        ``thermal_events``, ``frequency_ratio`` (after over before). Shares are 0..1.
    suspect : tuple of str
        Short sentences; empty when nothing was noticed.
    """
    readings = _readings(before, after, expected_busy_cpus)
    return readings, tuple(_doubts(readings, expected_busy_cpus, after.allowed_cpus))


def doubts_of_worker(
    *, cpu_s: float, involuntary_switches: int, run_delay_s: float | None, fits: bool
) -> tuple[str, ...]:
    """Reasons to doubt one worker's samples, from its own counters over the steady calls.

    Parameters
    ----------
    cpu_s : float
        Processor time of all threads.
    involuntary_switches : int
        Times the kernel took the processor away.
    run_delay_s : float or None
        Time that threads were ready but had no processor.
    fits : bool
        Whether workers x threads is at most the processors allowed; if not, waiting is the trial's own doing.
    """
    if not fits or cpu_s <= 0:
        return ()
    doubts = []
    if run_delay_s is not None and run_delay_s > RUN_DELAY_SHARE * cpu_s:
        doubts.append(f"a worker waited for a processor {_percent(run_delay_s / cpu_s)} of its time")
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
    swapped = [
        None if b is None or a is None else float((a - b) * _page_bytes())
        for b, a in zip(before.swap_pages or (None, None), after.swap_pages or (None, None), strict=True)
    ]
    ratio = after.frequency_hz / before.frequency_hz if before.frequency_hz and after.frequency_hz else None
    stalled = {
        f"{name}_pressure_share": None if d is None else min(1.0, d / 1e6 / window_s)
        for name, d in (
            (n, _difference(before.stalled_us[n], after.stalled_us[n])) for n in before.stalled_us
        )
    }
    return {
        "window_s": window_s,
        "load": after.load,
        "steal_share": steal,
        "own_cpus": own,
        "others_cpus": others,
        **stalled,
        "swapped_in_bytes": swapped[0],
        "swapped_out_bytes": swapped[1],
        "throttled_periods": _difference(before.throttled_periods, after.throttled_periods),
        "thermal_events": _difference(before.thermal_events, after.thermal_events),
        "frequency_ratio": ratio,
    }


def _doubts(readings: Mapping[str, float | None], expected: float, allowed: int) -> list[str]:
    value = {name: 0.0 if reading is None else reading for name, reading in readings.items()}
    others = value["others_cpus"]
    displaced = others + min(expected, allowed) - allowed
    swapped = value["swapped_in_bytes"] + value["swapped_out_bytes"]
    ratio = readings["frequency_ratio"]
    noticed = (
        (value["steal_share"] > STEAL_SHARE, f"steal {_percent(value['steal_share'])} of the time"),
        (
            others > OTHERS_SHARE * allowed or displaced > CONTENDED_CPUS,
            f"other processes used {others:.1f} of {allowed} processors",
        ),
        (
            # Where the trial itself fills every processor, waiting is its own doing.
            expected < allowed and value["cpu_pressure_share"] > CPU_PRESSURE_SHARE,
            f"tasks waited for a processor {_percent(value['cpu_pressure_share'])} of the time",
        ),
        (
            value["memory_pressure_share"] > MEMORY_PRESSURE_SHARE,
            f"tasks waited for memory {_percent(value['memory_pressure_share'])} of the time",
        ),
        (
            value["io_pressure_share"] > IO_PRESSURE_SHARE,
            f"tasks waited for the disk {_percent(value['io_pressure_share'])} of the time",
        ),
        (swapped > 0, f"swapped {swapped / 1e6:.1f} MB"),
        (
            value["throttled_periods"] >= THROTTLED_PERIODS,
            f"throttled by the processor quota in {value['throttled_periods']:.0f} periods",
        ),
        (
            value["thermal_events"] >= THERMAL_EVENTS,
            f"throttled by heat {value['thermal_events']:.0f} times",
        ),
        (
            ratio is not None and ratio < FREQUENCY_FALL,
            f"clock frequency fell to {_percent(ratio or 0.0)}",
        ),
    )
    return [sentence for is_noticed, sentence in noticed if is_noticed]


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.095 else f"{100 * share:.1f} %"


def _difference(before: int | None, after: int | None) -> float | None:
    return None if before is None or after is None else float(max(0, after - before))


def _ticks(text: str, allowed: frozenset[int]) -> dict[str, int]:
    """Sums over the ``cpuN`` lines of the allowed processors ."""
    busy = steal = every = lines = 0
    for line in text.splitlines():
        name, *numbers = line.split()
        if not (name.startswith("cpu") and name[3:].isdigit() and int(name[3:]) in allowed):
            continue
        user, nice, system, idle, iowait, irq, softirq, stolen = map(int, numbers[:8])
        working = user + nice + system + irq + softirq
        busy, steal, every = busy + working, steal + stolen, every + working + stolen + idle + iowait
        lines += 1
    if not lines:
        raise LookupError("no processor is listed")
    return {"busy": busy, "steal": steal, "all": every}


def _stalled_us(root: Path, name: str) -> int | None:
    def total(text: str) -> int:
        some = next(line for line in text.splitlines() if line.startswith("some"))
        return int(dict(part.split("=") for part in some.split()[1:])["total"])

    return read(root / "proc/pressure" / name, total).value


def _swap_pages(text: str) -> tuple[int, int]:
    found = probes.counters(text)
    return found["pswpin"], found["pswpout"]


def _thermal_events(root: Path) -> int | None:
    folder = root / "sys/devices/system/cpu"
    counts = [read(f, int).value for f in folder.glob("cpu*/thermal_throttle/*_throttle_count")]
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _frequency_hz(root: Path, allowed: tuple[int, ...]) -> float | None:
    folder = root / "sys/devices/system/cpu"
    readings = [read(folder / f"cpu{cpu}/cpufreq/scaling_cur_freq", int).value for cpu in allowed]
    known = [1000.0 * khz for khz in readings if khz]
    return sum(known) / len(known) if known else None


def _page_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
