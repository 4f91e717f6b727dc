"""The most requests at once that all end in time."""

from __future__ import annotations

import threading
from time import sleep

from toolkit.studies.cases.procedure import Answered
from toolkit.studies.cases.requests_at_once import at_once_text, most_at_once


def one_at_a_time(seconds):
    turn, calls = threading.Lock(), []

    def handle():
        with turn:
            calls.append(1)
            sleep(seconds)
        return Answered({})

    return handle, calls


def test_requests_that_wait_too_long_end_the_search():
    handle, _ = one_at_a_time(0.1)
    most, slowest = most_at_once(handle, [1, 2, 8, 64], patience_s=0.5)
    assert most == 2 and list(slowest) == ["1", "2", "8"]
    assert slowest["8"] >= 0.8


def test_a_first_request_that_takes_too_long_is_the_answer():
    handle, calls = one_at_a_time(0.05)
    most, slowest = most_at_once(handle, [1, 2], patience_s=0.01)
    assert (most, list(slowest), len(calls)) == (0, ["1"], 1)
    assert at_once_text({"1": 0.05, "2": 1.5}) == "1: 50.0 ms, 2: 1.50 s"
