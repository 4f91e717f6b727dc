"""Whether the sender of a load test was its bottleneck: its own lag and its own processor time decide."""

from __future__ import annotations

import math

from toolkit.core import units

MOST_CPU_SHARE = 0.85
"""Of one core: the sender is one thread, and with more its requests wait for it."""
MOST_LAG_S = 0.010
"""Lag of the p95 that is always allowed; a timer alone is late by up to some milliseconds."""
MOST_LAG_SHARE = 0.10
"""Lag of the p95 as a fraction of the median latency that is allowed, too."""
MOST_LIMIT_SHARE = 0.05
"""Lag of the p95 as a fraction of an objective's limit that is allowed, too."""


def bottleneck_of(*, lag_s: float, cpu_share: float, median_latency_s: float, limit_s: float = 0.0) -> str:
    """Why a test is invalid, in one sentence; ``""`` if the sender kept up.

    Parameters
    ----------
    lag_s : float
        95th percentile of how late requests left, s.
    cpu_share : float
        Processor time of the sender, as a fraction of one core.
    median_latency_s : float
        Infinite if most requests failed.
    limit_s : float
        Of the objective that is searched for; a lag that is small beside it decides nothing.

    Examples
    --------
    >>> bottleneck_of(lag_s=0.002, cpu_share=0.3, median_latency_s=0.05)
    ''
    >>> bottleneck_of(lag_s=0.5, cpu_share=0.3, median_latency_s=0.05)
    'the sender was late: 5 % of requests left 500 ms or more after they were due.'
    """
    if cpu_share > MOST_CPU_SHARE:
        return f"the sender used {units.percent(cpu_share)} of a core, so requests waited for it."
    median_s = median_latency_s if math.isfinite(median_latency_s) else 0.0
    if lag_s > max(MOST_LAG_S, MOST_LAG_SHARE * median_s, MOST_LIMIT_SHARE * limit_s):
        return (
            f"the sender was late: 5 % of requests left {units.seconds(lag_s)} or more after they were due."
        )
    return ""
