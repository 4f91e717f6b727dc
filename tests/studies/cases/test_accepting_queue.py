"""A queue answers at once: it accepts while it has room, and refuses when it is full."""

from __future__ import annotations

import threading

from toolkit.studies.cases.accepting_queue import burst
from toolkit.studies.cases.procedure import Answered


def test_a_full_queue_refuses_and_every_accepted_request_is_made():
    made, may_go_on = [], threading.Event()

    def handle() -> Answered:
        may_go_on.wait(60)
        made.append(1)
        return Answered({})

    threading.Timer(0.5, may_go_on.set).start()
    found = burst(handle, requests=8, room=5)
    # The worker may have taken a request out of the queue before the last one came.
    assert found["accepted"] in (5, 6) and found["accepted"] + found["refused"] == 8
    assert len(made) == found["accepted"]
    assert found["last_s"] > found["answer_s"]


def test_a_queue_with_room_refuses_none():
    assert burst(lambda: Answered({}), requests=3, room=3)["refused"] == 0
