"""Real processes with planted allocations: what is reported is what they took."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from toolkit.bench.memory import TreeSampler, high_water_bytes, reset_high_water
from toolkit.core import probes
from toolkit.core.measurement import Memory

MB = 1_000_000
HELD_S = 0.3

PROLOGUE = """
import mmap, os, subprocess, sys, time
MB = 1_000_000
def take(megabytes):
    return b"x" * (megabytes * MB)
def shared(megabytes):
    pages = mmap.mmap(-1, megabytes * MB)
    for _ in range(megabytes):
        pages.write(b"x" * MB)
    return pages
def say(word):
    print(word, flush=True)
def wait():
    return sys.stdin.readline()
def fork(work):
    pid = os.fork()
    if not pid:
        work()
        time.sleep(60)
    return pid
"""

pytestmark = pytest.mark.skipif(
    probes.read(Path("/proc/self/smaps_rollup"), str).state != "present",
    reason="this kernel does not tell the proportional set size",
)


class Planted:
    """A process that runs `before`, says ready, and runs `work` when told; then holds until told again."""

    def __init__(self, work: str, before: str = "") -> None:
        script = f"{PROLOGUE}\n{before}\nsay('ready'); wait()\n{work}\nsay('held'); wait()\n"
        self.process = subprocess.Popen(
            [sys.executable, "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.pid = self.process.pid
        self.expect("ready")

    def expect(self, word: str) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == word

    def tell(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()


@contextmanager
def planted(work: str, before: str = "", count: int = 1) -> Iterator[list[Planted]]:
    with ExitStack() as stack:
        made = []
        for _ in range(count):
            one = Planted(work, before)
            stack.callback(_end, one.process)
            made.append(one)
        yield made


def _end(process: subprocess.Popen[str]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def observe(processes: list[Planted], interval_s: float = 0.005) -> Memory:
    with TreeSampler([p.pid for p in processes], interval_s=interval_s) as sampler:
        for one in processes:
            one.tell()
        for one in processes:
            one.expect("held")
        time.sleep(HELD_S)
        sampler.finish()
    return sampler.peak


def grown(memory: Memory) -> int:
    assert memory.pss_peak_bytes is not None and memory.idle_bytes is not None
    return memory.pss_peak_bytes - memory.idle_bytes


@pytest.mark.parametrize("count", [1, 2, 4])
def test_plain_allocations_of_several_workers(count: int) -> None:
    with planted("held = take(100)", count=count) as workers:
        memory = observe(workers)
    assert grown(memory) == pytest.approx(count * 100 * MB, rel=0.03)
    assert memory.rss_peak_bytes == pytest.approx(100 * MB, rel=0.3)
    assert memory.processes == count


def test_a_shared_mapping_is_counted_once() -> None:
    work = (
        "pages = shared(200)\n"
        "for _ in range(3): fork(lambda: sum(pages[i] for i in range(0, len(pages), 4096)))\n"
        "time.sleep(0.3)"
    )
    with planted(work) as workers:
        memory = observe(workers)
    assert grown(memory) == pytest.approx(200 * MB, rel=0.03)
    assert memory.processes == 4
    assert memory.is_upper_bound  # the resident set of each of them holds all 200 MB


def test_copy_on_write_costs_what_was_written() -> None:
    work = (
        "def write():\n    for page in range(0, 110 * MB, 4096): mine[page] = 1\nfork(write)\ntime.sleep(0.4)"
    )
    with planted(work, before="mine = bytearray(take(150))") as workers:
        memory = observe(workers)
    assert grown(memory) == pytest.approx(110 * MB, rel=0.03)


def test_a_fork_that_only_reads_costs_nothing() -> None:
    work = "[fork(lambda: sum(mine[::4096])) for _ in range(2)]\ntime.sleep(0.3)"
    with planted(work, "mine = take(150)") as workers:
        memory = observe(workers)
    assert grown(memory) < 0.06 * 150 * MB
    assert memory.processes == 3


def test_freed_and_taken_again_is_not_added_up() -> None:
    with planted("for _ in range(3):\n    held = None\n    held = take(120)\n    time.sleep(0.2)") as workers:
        memory = observe(workers)
    assert grown(memory) == pytest.approx(120 * MB, rel=0.03)


def test_a_spike_between_two_looks_is_seen_by_the_high_water_mark() -> None:
    with planted("take(200)") as workers:
        idle = high_water_bytes(workers[0].pid).value or 0
        memory = observe(workers, interval_s=60)
    assert grown(memory) < 10 * MB
    assert memory.rss_peak_bytes - idle == pytest.approx(200 * MB, rel=0.03)


def test_a_peak_before_the_pass_is_not_reported() -> None:
    with planted("held = take(100)", before="take(400)") as workers:
        if not reset_high_water(workers[0].pid):
            pytest.skip("this system does not allow the high-water mark to be reset")
        memory = observe(workers)
    assert memory.rss_peak_bytes < 150 * MB
    assert not memory.is_upper_bound


def test_a_small_child_of_a_large_parent_reports_its_own_size() -> None:
    before = (
        "big = take(200)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE)\n"
        "time.sleep(0.5)\n"
        "print(child.pid, flush=True)"
    )
    script = f"{PROLOGUE}\n{before}\nwait()\n"
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        with TreeSampler([child]) as sampler:
            time.sleep(0.05)
        assert sampler.peak.processes == 1
        assert 1 * MB < sampler.peak.rss_peak_bytes < 60 * MB
        assert (high_water_bytes(parent.pid).value or 0) > 200 * MB
    finally:
        _end(parent)


def test_a_process_that_ends_during_the_pass_is_kept() -> None:
    work = (
        "def brief():\n    held = take(150)\n    time.sleep(0.4)\n    os._exit(0)\nos.waitpid(fork(brief), 0)"
    )
    with planted(work) as workers:
        memory = observe(workers)
    assert grown(memory) == pytest.approx(150 * MB, rel=0.03)


def plant(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


STAT = "7 (worker) S 1 " + " ".join(["0"] * 20)


def test_a_kernel_without_proportional_sizes_leaves_them_out(tmp_path: Path) -> None:
    root = plant(tmp_path, {"proc/7/stat": STAT, "proc/7/status": "VmHWM:\t 4000 kB\n"})
    with TreeSampler([7], root=root) as sampler:
        pass
    assert sampler.peak == Memory(
        pss_peak_bytes=None, rss_peak_bytes=4_096_000, idle_bytes=None, processes=1, is_upper_bound=True
    )


def test_the_cgroup_peak_counts_only_where_it_was_reached_during_the_pass(tmp_path: Path) -> None:
    root = plant(
        tmp_path,
        {
            "proc/7/stat": STAT,
            "proc/7/status": "VmHWM:\t 4000 kB\n",
            "proc/7/cgroup": "3:memory:/job\n",
            "sys/fs/cgroup/memory/job/memory.max_usage_in_bytes": "5000\n",
        },
    )
    with TreeSampler([7], root=root) as sampler:
        pass
    assert sampler.peak.cgroup_peak_bytes is None
    with TreeSampler([7], root=root) as sampler:
        plant(root, {"sys/fs/cgroup/memory/job/memory.max_usage_in_bytes": "9000\n"})
    assert sampler.peak.cgroup_peak_bytes == 9000


def test_processes_that_are_not_there() -> None:
    with TreeSampler([2**22 + 1]) as sampler:
        pass
    assert sampler.peak.processes == 0 and sampler.peak.pss_peak_bytes is None
