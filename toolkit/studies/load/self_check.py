"""Decide whether the sender of a load test was the bottleneck, by the sender's lag and processor time."""

from __future__ import annotations

import math

from toolkit.core import units

MOST_CPU_SHARE = 0.85
"""Largest allowed processor time of the sender, as a share of one core; above this share, requests wait in it."""
MOST_LAG_S = 0.010
"""Lag of the sender (95th percentile), s, that is always allowed: a timer is late by up to a few milliseconds."""
MOST_LAG_SHARE = 0.10
"""Lag of the sender (95th percentile) that is allowed if latencies are long, as a fraction of the median latency."""
MOST_LIMIT_SHARE = 0.05
"""Lag of the sender (95th percentile) that is allowed in a capacity search, as a fraction of its latency limit."""


def bottleneck_of(*, lag_s: float, cpu_share: float, median_latency_s: float, limit_s: float = 0.0) -> str:
    """Why a load test is invalid, as one sentence; ``""`` if the sender sent every request nearly in time.

    Parameters
    ----------
    lag_s : float
        95th percentile of the time from when a request was due until it was sent, s.
    cpu_share : float
        Processor time of the sender, as a fraction of one core.
    median_latency_s : float
        Median latency of the requests, s; infinite if most requests failed.
    limit_s : float
        Latency limit of a capacity search, s; a lag that is small beside this limit does not make the test invalid.

    Examples
    --------
    >>> bottleneck_of(lag_s=0.002, cpu_share=0.3, median_latency_s=0.05)
    ''
    >>> bottleneck_of(lag_s=0.5, cpu_share=0.3, median_latency_s=0.05)
    'the sender was late: 5 % of requests were sent 500 ms or more after they were due.'
    """
    if cpu_share > MOST_CPU_SHARE:
        return f"the sender used {units.percent(cpu_share)} of a core, so requests waited for it."
    median_s = median_latency_s if math.isfinite(median_latency_s) else 0.0
    if lag_s > max(MOST_LAG_S, MOST_LAG_SHARE * median_s, MOST_LIMIT_SHARE * limit_s):
        return f"the sender was late: 5 % of requests were sent {units.seconds(lag_s)} or more after they were due."
    return ""
