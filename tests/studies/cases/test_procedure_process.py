"""How a block makes its requests, and the size of a process that has no children."""

from __future__ import annotations

import subprocess
import sys
from time import sleep

import pytest

from toolkit.studies.cases import procedure_process
from toolkit.studies.cases.procedure import Answered


def requests(seconds, *, slow_s=0.0, is_steady=False):
    calls = []

    def handle():
        calls.append(len(calls))
        sleep(slow_s)
        return Answered({}, {"sleep": float(len(calls))})

    answered, timed = procedure_process.timed_requests(handle, seconds=seconds, most=4, is_steady=is_steady)
    assert answered.stages_s == {"sleep": float(len(calls))}
    return len(calls), timed


def test_a_first_request_is_followed_by_others_that_are_timed():
    n, timed = requests(10.0)
    assert n == 5 and len(timed["samples_s"]) == 4
    assert timed["stages_s"] == {"sleep": 3.5}


def test_a_request_longer_than_the_block_is_made_once_after_the_first():
    n, timed = requests(0.01, slow_s=0.02)
    assert n == 2 and len(timed["samples_s"]) == 1


def test_a_long_steady_request_is_made_once(monkeypatch):
    monkeypatch.setattr(procedure_process, "LONG_S", 0.01)
    n, timed = requests(10.0, slow_s=0.02, is_steady=True)
    assert n == 1 and timed["samples_s"] == [timed["first_s"]]


def test_a_long_first_request_that_may_compile_is_not_the_sample(monkeypatch):
    monkeypatch.setattr(procedure_process, "LONG_S", 0.01)
    n, timed = requests(0.01, slow_s=0.02)
    assert n == 2 and timed["samples_s"] != [timed["first_s"]]


_SIZE = """
import subprocess, sys
from toolkit.studies.cases.procedure_process import peak_alone_bytes
alone = peak_alone_bytes()
subprocess.run([sys.executable, "-c", ""])
print(alone or 0, peak_alone_bytes())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's high-water mark is read on Linux")
def test_only_a_process_that_never_had_a_child_has_a_size_of_its_own():
    alone, later = subprocess.run(
        [sys.executable, "-c", _SIZE], capture_output=True, text=True, check=True
    ).stdout.split()
    assert int(alone) > 10e6 and later == "None"
