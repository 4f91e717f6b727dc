"""Real processes with planted allocations, for the tests of the memory pass and for the truth rig."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from toolkit.machine.memory import Memory, TreeSampler

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


@dataclass(frozen=True)
class Plant:
    """Processes that take memory in one way, and how much the tree must be seen to grow."""

    name: str
    work: str
    grows_mb: float
    before: str = ""
    count: int = 1

    def measured(self) -> Memory:
        """What the memory pass says of it."""
        with planted(self.work, self.before, self.count) as workers:
            return observe(workers)


PLANTS = (
    *(
        Plant(f"plain, {count} worker{'s' * (count > 1)}", "held = take(100)", 100.0 * count, count=count)
        for count in (1, 2, 3, 4)
    ),
    Plant(
        "shared mapping, 4 processes",
        "pages = shared(200)\n"
        "for _ in range(3): fork(lambda: sum(pages[i] for i in range(0, len(pages), 4096)))\n"
        "time.sleep(0.3)",
        200.0,
    ),
    Plant(
        "copy on write",
        "def write():\n    for page in range(0, 110 * MB, 4096): mine[page] = 1\nfork(write)\ntime.sleep(0.4)",
        110.0,
        before="mine = bytearray(take(150))",
    ),
    Plant(
        "freed, then taken again",
        "for _ in range(3):\n    held = None\n    held = take(120)\n    time.sleep(0.2)",
        120.0,
    ),
    Plant(
        "a process that ends during the pass",
        "def brief():\n    held = take(150)\n    time.sleep(0.4)\n    os._exit(0)\nos.waitpid(fork(brief), 0)",
        150.0,
    ),
)


@contextmanager
def small_child_of_large_parent() -> Iterator[tuple[int, int]]:
    """Process ids of a bare interpreter and of its parent, which holds 200 MB."""
    script = (
        f"{PROLOGUE}\nbig = take(200)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE)\n"
        "time.sleep(0.5)\n"
        "print(child.pid, flush=True)\nwait()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert parent.stdout is not None
        yield int(parent.stdout.readline()), parent.pid
    finally:
        _end(parent)
