"""A queue that answers each request at once: HTTP status 202 while the queue has room, 429 when the queue is full."""

from __future__ import annotations

import queue
import threading
from time import perf_counter
from typing import Any

from toolkit.studies.cases.procedure import Handler


def burst(handle: Handler, *, requests: int, room: int) -> dict[str, Any]:
    """Send `requests` requests at the same time to a queue that holds `room` requests and feeds one worker thread.

    Returns
    -------
    dict
        ``accepted`` and ``refused`` (numbers of requests), ``answer_s`` (time of the slowest answer 202 or 429)
        and ``last_s`` (time until the last picture is ready).
    """
    waiting: queue.Queue[float | None] = queue.Queue(maxsize=room)
    ended: list[float] = []

    def work() -> None:
        while (arrived := waiting.get()) is not None:
            handle()
            ended.append(perf_counter() - arrived)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    answers: list[float] = []
    refused = 0
    for _ in range(requests):
        arrived = perf_counter()
        try:
            waiting.put_nowait(arrived)
        except queue.Full:
            refused += 1
        answers.append(perf_counter() - arrived)
    waiting.put(None)
    worker.join()
    return {
        "accepted": requests - refused,
        "refused": refused,
        "answer_s": max(answers),
        "last_s": max(ended, default=0.0),
    }
