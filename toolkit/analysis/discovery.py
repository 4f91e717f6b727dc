"""Judge tables of many comparisons: limit the share of wrong verdicts, and find the rows that may be the fastest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from toolkit.analysis.stats import Estimate
from toolkit.analysis.verdict import Outcome, Verdict
from toolkit.core.errors import invalid

FALSE_DISCOVERY_RATE = 0.05
"""Largest expected share of wrong verdicts among all verdicts FASTER and SLOWER of a table."""


def survives(p_values: Sequence[float]) -> list[bool]:
    """For each of many tests, whether the test is a discovery at `FALSE_DISCOVERY_RATE` (Benjamini and Hochberg, 1995).

    Parameters
    ----------
    p_values : sequence of float
        P-value of each test. NaN means that no test was made: NaN is never a discovery, and does not count as a test.

    Examples
    --------
    >>> survives([0.001, 0.02, 0.04, 0.8])
    [True, True, False, False]
    """
    p = np.asarray(p_values, dtype=np.float64).reshape(-1)
    valid = np.sort(p[~np.isnan(p)])
    below = valid[valid <= FALSE_DISCOVERY_RATE * np.arange(1, valid.size + 1) / max(1, valid.size)]
    threshold = below.max(initial=-math.inf)
    return [bool(value <= threshold) for value in p]


def control(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Limit the share of wrong verdicts in a table: verdicts on differences that may be chance become CAN'T TELL.

    Returns
    -------
    list of Verdict
        Verdicts in the order given. Verdicts SAME and CAN'T TELL are not changed.

    Examples
    --------
    >>> from toolkit.analysis.verdict import compare
    >>> clear = compare([[1.0], [1.01], [0.99], [1.0]], [[2.0], [2.01], [1.99], [2.0]])
    >>> [verdict.outcome.value for verdict in control([clear] * 3)]
    ['SLOWER', 'SLOWER', 'SLOWER']
    """
    kept = survives([verdict.p_value for verdict in verdicts])
    return [
        verdict
        if stays or not verdict.outcome.is_difference
        else replace(
            verdict,
            outcome=Outcome.CANT_TELL,
            reason=f"the difference of the times may be chance, because this is one of {len(verdicts)} comparisons",
            more_rounds=None,
            more_s=None,
        )
        for verdict, stays in zip(verdicts, kept, strict=True)
    ]


def contenders(estimates: Sequence[Estimate], *, limit: int = 4) -> list[int]:
    """Rows of a table of times that may be the fastest one, to be measured again in interleaved rounds.

    The shortest of many noisy times is probably shorter than the true time of its row (winner's curse). Every row whose
    interval starts below the end of the interval of the row with the shortest time may be the fastest row, and so may a
    row without interval.

    Parameters
    ----------
    estimates : sequence of Estimate
        Times (smaller is better); NaN values (failed rows) are left out.
    limit : int
        Largest number of rows to give, the fastest first; at least 1.

    Returns
    -------
    list of int
        Positions in ``estimates``, the row with the shortest time first; only that row if no other row may be faster.

    Examples
    --------
    >>> from toolkit.analysis.stats import geometric_mean
    >>> times = [[2.0, 2.1, 1.9], [1.0, 1.1, 0.9], [1.05, 1.0, 1.1]]
    >>> contenders([geometric_mean(blocks) for blocks in times])
    [1, 2]
    """
    if limit < 1:
        raise invalid("limit", "contenders", "at least 1", limit)
    valid = [index for index, estimate in enumerate(estimates) if math.isfinite(estimate.value)]
    if not valid:
        return []
    valid.sort(key=lambda index: estimates[index].value)
    reach = estimates[valid[0]].high
    rivals = [
        index for index in valid[1:] if reach is None or (low := estimates[index].low) is None or low <= reach
    ]
    return [valid[0], *rivals][:limit]
