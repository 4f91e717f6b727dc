"""The times at which the requests of a load test are due, drawn from a seed before the first request."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.contracts.load_test import Arrivals
from toolkit.core.errors import invalid

MOST_REQUESTS = 2_000_000
"""Largest number of requests in a schedule: their times and responses are kept in memory."""


def schedule(
    *, rate_per_s: float, duration_s: float, arrivals: str = Arrivals.POISSON, seed: int = 0
) -> npt.NDArray[np.float64]:
    """Times at which requests are due, in seconds since the start, ascending.

    Parameters
    ----------
    rate_per_s, duration_s : float
        Requests per second, and duration in seconds; both are above 0.
    arrivals : {"poisson", "constant"}
        Poisson: gaps between requests as from independent users, so that requests come in bursts. Constant: equal gaps
        between requests.
    seed : int
        Equal seeds give equal schedules.

    Raises
    ------
    InvalidValue
        The schedule would have no request, or too many.

    Examples
    --------
    >>> schedule(rate_per_s=4, duration_s=1, arrivals="constant").tolist()
    [0.0, 0.25, 0.5, 0.75]
    """
    expected = rate_per_s * duration_s
    if not 1 <= expected <= MOST_REQUESTS:
        hint = "The number of requests is the rate times the duration."
        raise invalid(
            "rate", "a load test", f"such that 1 to {MOST_REQUESTS} requests are sent", rate_per_s, hint
        )
    if arrivals == Arrivals.CONSTANT:
        return np.arange(int(expected)) / rate_per_s
    random = np.random.default_rng(seed)
    # More gaps between requests are drawn than are needed; requests after the end of the test are left out.
    gaps = random.exponential(1 / rate_per_s, size=int(expected + 10 * expected**0.5 + 20))
    times = np.cumsum(gaps)
    return np.asarray(times[times < duration_s], dtype=np.float64)
