"""Simulate a queue with several servers: a load test of a service with such a queue must find the same latencies."""

from __future__ import annotations

import heapq
from collections.abc import Iterable


def simulated_latencies(arrivals_s: Iterable[float], *, service_s: float, servers: int) -> list[float]:
    """Latency of each request in a first-come, first-served queue whose servers take a fixed time for each request.

    If the arrivals are a Poisson process, the queue is M/D/c in Kendall's notation, for two servers M/D/2.

    Parameters
    ----------
    arrivals_s : iterable of float
        Times at which the requests arrive, ascending, s.
    service_s : float
        Service time of each request, s.
    servers : int
        Number of servers.

    Returns
    -------
    list of float
        Latency of each request, in the order of arrival: waiting time and service time together, s.

    Examples
    --------
    >>> simulated_latencies([0.0, 0.0, 0.0, 5.0], service_s=1.0, servers=2)
    [1.0, 1.0, 2.0, 1.0]
    """
    free_s = [0.0] * servers
    latencies = []
    for arrival in arrivals_s:
        end = max(arrival, heapq.heappop(free_s)) + service_s
        heapq.heappush(free_s, end)
        latencies.append(end - arrival)
    return latencies
