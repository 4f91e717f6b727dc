"""One load test of a web service: requests at scheduled times, and the end of each request."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Self

from toolkit.core.errors import invalid
from toolkit.core.quantities import parse_duration


class Arrivals(StrEnum):
    """The distribution of the times at which requests are due."""

    POISSON = "poisson"
    CONSTANT = "constant"


class Ended(StrEnum):
    """How a request ended: ``ok`` or ``refused``; any other text is the reason why the request failed."""

    OK = "ok"
    REFUSED = "refused"


@dataclass(frozen=True)
class Slo:
    """A service level objective: a percentile of latency and its limit.

    Attributes
    ----------
    quantile : float
        The percentile as a fraction: 0.95 for the p95.
    limit_s : float
        Limit of the percentile, s.
    """

    quantile: float
    limit_s: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an objective such as ``p95=500ms``.

        Raises
        ------
        InvalidValue

        Examples
        --------
        >>> Slo.parse("p95=500ms")
        Slo(quantile=0.95, limit_s=0.5)
        """
        found = re.fullmatch(r"p(\d{1,2}(?:\.\d+)?)=(.+)", text.strip())
        if found is None or not 0 < float(found[1]) < 100:
            constraint = "a percentile of latency and its limit, such as p95=500ms"
            raise invalid("slo", "a load test", constraint, text)
        limit_s = parse_duration(found[2], name="slo", owner="a load test")
        return cls(round(float(found[1]) / 100, 6), limit_s)

    @property
    def name(self) -> str:
        """The percentile of this service level objective as text.

        >>> Slo(0.95, 0.5).name, Slo(0.999, 0.5).name
        ('p95', 'p99.9')
        """
        return f"p{100 * self.quantile:.4g}"


@dataclass(frozen=True, kw_only=True)
class LoadTest:
    """The requests of one load test. Times are seconds since the start of the test, on the sender's monotonic clock.

    Attributes
    ----------
    target : str
        Address of the tested web service.
    service : str
        The kind of requests that are sent, in words.
    arrivals : Arrivals
        Distribution of the times at which requests are due.
    rate_per_s : float
        Average number of requests per second in the schedule.
    duration_s : float
        Time from the first to the last moment of the schedule, s.
    seed : int
        Seed of the random times in the schedule.
    began : str
        Start of the test, ISO 8601, UTC.
    picture_bytes : float
        Mean size of a sent picture, bytes.
    scheduled_s : tuple of float
        Time at which each request was due; all these times are chosen before the first request is sent.
    sent_s : tuple of float
        Time at which each request was sent.
    ended_s : tuple of float
        Time at which the complete response had arrived; infinity for a failed request.
    ended : tuple of str
        How each request ended: a value of `Ended`, or the reason why the request failed.
    run_s : tuple of float
        Working time, s, that the service reported for each request; NaN if the service reported none.
    n_cached : int
        Number of responses that the service reported as taken from its cache.
    cpu_share : float
        Processor time of the sender as a fraction of one core.
    bottleneck : str
        The reason why the sender of the requests, not the service, limited the test; ``""`` for a valid test.
    search : str
        Id that all tests of one search for the capacity of a service have in common.
    slo : str
        The service level objective of the search for the capacity, as the user wrote the objective.
    fingerprint : mapping
        Description of the machine that sent the requests.
    """

    target: str
    service: str
    arrivals: str
    rate_per_s: float
    duration_s: float
    seed: int
    began: str
    picture_bytes: float
    scheduled_s: tuple[float, ...]
    sent_s: tuple[float, ...]
    ended_s: tuple[float, ...]
    ended: tuple[str, ...]
    run_s: tuple[float, ...]
    n_cached: int = 0
    cpu_share: float = 0.0
    bottleneck: str = ""
    search: str = ""
    slo: str = ""
    fingerprint: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_valid(self) -> bool:
        """Whether the service, and not the sender of the requests, limited the test."""
        return not self.bottleneck

    def to_dict(self) -> dict[str, Any]:
        """The load test as plain lists, texts and numbers; NaN and infinity become None."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: _plain(value) for name, value in plain.items()}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """The load test that `to_dict` converted to `plain`."""
        known = {one.name for one in fields(cls)}
        values: dict[str, Any] = {
            name: tuple(v) if isinstance(v, list) else v for name, v in plain.items() if name in known
        }
        for name, absent in (("ended_s", math.inf), ("run_s", math.nan)):
            values[name] = tuple(absent if value is None else value for value in values[name])
        return cls(**values)


def _plain(value: Any) -> Any:
    if not isinstance(value, tuple):
        return value
    return [
        (round(one, 6) if math.isfinite(one) else None) if isinstance(one, float) else str(one)
        for one in value
    ]
