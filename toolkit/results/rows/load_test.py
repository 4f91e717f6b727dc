"""Summarise the requests of a load test: percentiles of latency, failures, refusals, and whether an objective held."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from toolkit.analysis.percentiles import Percentile, percentile
from toolkit.contracts.load_test import Ended, LoadTest, Slo

QUANTILES = (0.50, 0.90, 0.95, 0.99)


@dataclass(frozen=True, kw_only=True)
class LoadRow:
    """The numbers that summarise a load test.

    Attributes
    ----------
    test : LoadTest
        The load test that is summarised.
    n_sent, n_ok, n_refused, n_failed : int
        Numbers of requests that were sent, answered, refused and failed. Refused: the response had
        status 429. Failed: all other requests without a result.
    latency : mapping of quantile to Percentile
        Latency from the time when a request was due to its complete response, s. A failed request counts as
        infinitely late; a refused request is left out.
    service : mapping of quantile to Percentile
        Time of a request without a queue, s: the working time that the service reports, else the latency of requests
        during which no other request was open.
    is_said : bool
        Whether the service itself reports its working time.
    answered_per_s : float
        Results per second, from the start of the schedule to the last result.
    lag_p95_s : float
        95th percentile of the time from when a request was due until it was sent, s.
    failures : mapping of str to int
        Failed requests by reason, the most frequent first.
    """

    test: LoadTest
    n_sent: int
    n_ok: int
    n_refused: int
    n_failed: int
    latency: Mapping[float, Percentile]
    service: Mapping[float, Percentile]
    is_said: bool
    answered_per_s: float
    lag_p95_s: float
    failures: Mapping[str, int]


@dataclass(frozen=True)
class Verdict:
    """Whether an objective held, and whether the bounds of the percentile lie on one side of the objective's limit."""

    is_held: bool
    is_sure: bool


def load_row(test: LoadTest) -> LoadRow:
    """Summarise the requests of one load test.

    Examples
    --------
    >>> row = load_row(example_test())
    >>> row.n_ok, row.n_refused, row.n_failed, row.latency[0.5].value
    (2, 1, 1, 0.25)
    """
    counts = Counter(test.ended)
    n_ok, n_refused = counts.pop(Ended.OK, 0), counts.pop(Ended.REFUSED, 0)
    said = [one for one in test.run_s if math.isfinite(one)]
    last_s = max((end for end in test.ended_s if math.isfinite(end)), default=0.0)
    wall_s = max(last_s, test.scheduled_s[-1] if test.scheduled_s else 0.0) or 1.0
    return LoadRow(
        test=test,
        n_sent=len(test.ended),
        n_ok=n_ok,
        n_refused=n_refused,
        n_failed=counts.total(),
        latency=_percentiles(latencies_s(test)),
        service=_percentiles(said or _alone_s(test)),
        is_said=bool(said),
        answered_per_s=n_ok / wall_s,
        lag_p95_s=lag_p95_s(test.scheduled_s, test.sent_s),
        failures=dict(counts.most_common()),
    )


def lag_p95_s(scheduled_s: Sequence[float], sent_s: Sequence[float]) -> float:
    """The 95th percentile of the time from when a request was due until it was sent, s; 0 without requests.

    >>> round(lag_p95_s([0.0, 1.0], [0.001, 1.002]), 6)
    0.002
    """
    lags = sorted(sent - due for due, sent in zip(scheduled_s, sent_s, strict=True))
    return max(0.0, lags[math.ceil(0.95 * len(lags)) - 1]) if lags else 0.0


def latencies_s(test: LoadTest) -> list[float]:
    """Latency of each request that was not refused, s; infinity for a failed request."""
    rows = zip(test.scheduled_s, test.ended_s, test.ended, strict=True)
    return [end - due for due, end, how in rows if how != Ended.REFUSED]


def verdict(test: LoadTest, slo: Slo) -> Verdict:
    """Whether an objective held at the rate of a test; a refused request counts as late.

    Examples
    --------
    >>> verdict(example_test(), Slo(0.5, 10.0))
    Verdict(is_held=True, is_sure=False)
    """
    rows = zip(test.scheduled_s, test.ended_s, test.ended, strict=True)
    samples = [end - due if how == Ended.OK else math.inf for due, end, how in rows]
    found = percentile(samples, slo.quantile)
    is_held = found.value <= slo.limit_s
    return Verdict(is_held, found.high <= slo.limit_s if is_held else found.low > slo.limit_s)


def _alone_s(test: LoadTest) -> list[float]:
    """Seconds from sending to the response, for requests during which no other request was open."""
    rows = sorted(zip(test.sent_s, test.ended_s, test.ended, strict=True))
    found, busy_until = [], -math.inf
    for number, (sent, end, how) in enumerate(rows):
        follower = rows[number + 1][0] if number + 1 < len(rows) else math.inf
        if how == Ended.OK and busy_until <= sent and end <= follower:
            found.append(end - sent)
        busy_until = max(busy_until, end if math.isfinite(end) else sent)
    return found


def _percentiles(samples_s: Iterable[float]) -> dict[float, Percentile]:
    samples = list(samples_s)
    return {quantile: percentile(samples, quantile) for quantile in QUANTILES}


def example_test() -> LoadTest:
    """A small test for examples: two requests answered, one refused, one failed."""
    return LoadTest(
        target="http://127.0.0.1:8000/",
        service="POST a picture as image",
        arrivals="constant",
        rate_per_s=1.0,
        duration_s=4.0,
        seed=0,
        began="2026-01-01T00:00:00+00:00",
        picture_bytes=1e5,
        scheduled_s=(0.0, 1.0, 2.0, 3.0),
        sent_s=(0.0, 1.0, 2.0, 3.0),
        ended_s=(0.125, 1.25, 2.01, math.inf),
        ended=(Ended.OK, Ended.OK, Ended.REFUSED, "HTTP 500"),
        run_s=(math.nan,) * 4,
    )
