"""Check in under a minute whether a configuration still keeps its limits and is faster than the default settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from toolkit.analysis.percentiles import percentile
from toolkit.analysis.stats import Estimate
from toolkit.analysis.verdict import Outcome, Verdict
from toolkit.bench.candidate import Candidate
from toolkit.bench.compare import compare_live
from toolkit.bench.inputs import Inputs
from toolkit.bench.lock import measuring_lock
from toolkit.bench.plan import Plan
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.outcome import Status
from toolkit.core import units
from toolkit.core.choices import Choice
from toolkit.core.errors import InvalidValue, Unavailable
from toolkit.results.rows.summarising import summarise
from toolkit.results.sentences.answer import faster_text
from toolkit.results.sentences.verdicts import Report
from toolkit.studies.compare import judged_by_load
from toolkit.studies.tune.configuration import Configuration
from toolkit.studies.tune.space import default_trial, label_of

BUDGET_S = 35.0
_HALF_WIDTH = 0.02
_WORTH_SAYING = 1.05
"""Speed-up over the default from which a configuration file counts as claiming to be faster."""


class Holds(Choice):
    """Whether a configuration is still as good as its file says: faster than the default, and within its limits."""

    YES = "HOLDS"
    NO = "NO LONGER HOLDS"
    UNKNOWN = "CAN'T TELL"


@dataclass(frozen=True, kw_only=True)
class Verification(Report):
    """Whether a configuration is still as good as its file says, and why.

    Attributes
    ----------
    outcome : {"HOLDS", "NO LONGER HOLDS", "CAN'T TELL"}
        Whether the configuration is still as good as its file says.
    reasons : tuple of str
        A sentence on each limit and one on the default settings; sentences that decide the outcome come first.
    """

    outcome: str
    reasons: tuple[str, ...]

    def lines(self) -> list[str]:
        """The outcome of the check with the reason that decides it, then the other reasons."""
        return [f"{self.outcome}: {self.reasons[0]}", *self.reasons[1:]]


def verify(
    configuration: Configuration,
    *,
    budget_s: float = BUDGET_S,
    on_wait: Callable[[str], None] | None = None,
) -> Verification:
    """Measure a configuration and the default in turns, and check every limit in the file.

    Parameters
    ----------
    budget_s : float
        Longest time for measuring the configuration and the default in turns, s.
    on_wait : callable, optional
        A function that receives a sentence if another process measures on this machine.

    Raises
    ------
    Unavailable
        The configuration cannot run on this machine.
    """
    trial, usual = (
        configuration.trial,
        default_trial(configuration.trial, params=dict(configuration.trial.picture_params)),
    )
    design, measured = compare_live(
        [usual, trial], half_width=_HALF_WIDTH, budget_s=budget_s, on_wait=on_wait
    )
    default, ours = measured
    if ours.status is Status.SKIPPED:
        raise Unavailable(ours.note)
    asked = configuration.record.get("asked")
    asked = asked if isinstance(asked, Mapping) else {}
    checks = [_check(*one) for one in _limits(asked, ours, on_wait)]
    if not ours.is_ok:
        checks.insert(0, (Holds.NO, ours.note))
    if trial != usual and asked.get("minimize") != "memory":
        checks.append(_against(configuration, default, judged_by_load(design.verdict(), default, ours)))
    if not checks:
        checks = [(Holds.YES, "the configuration is the default, has no limits, and makes a right picture.")]
    order = [Holds.NO, Holds.UNKNOWN, Holds.YES]
    checks.sort(key=lambda check: order.index(check[0]))
    return Verification(outcome=str(checks[0][0]), reasons=tuple(sentence for _, sentence in checks))


def _limits(
    asked: Mapping[str, Any], m: Measurement, on_wait: Callable[[str], None] | None
) -> list[tuple[str, float, float | None, float | None, float | None]]:
    """Name, limit, measured value and confidence bounds of each quantity that the configuration file limits."""
    found: list[tuple[str, float, float | None, float | None, float | None]] = []
    if (limit := _number(asked, "max_p95_ms")) is not None:
        p95 = percentile([1e3 * s for calls in m.samples_s for s in calls], 0.95)
        found.append(("p95", limit, p95.value, p95.low, p95.high))
    if (limit := _number(asked, "min_agreement_db")) is not None and m.agreement is not None:
        value = float("inf") if m.agreement.psnr_db is None else m.agreement.psnr_db
        found.append(("agreement", limit, value, value, value))
    if (limit := _number(asked, "min_psnr_db")) is not None:
        psnr = m.quality.get("psnr_db", m.quality.get("psnr_y_db"))
        found.append(("PSNR", limit, psnr, psnr, psnr))
    if (limit := _number(asked, "max_memory_mb")) is not None:
        peak = _peak_mb(m, on_wait)
        found.append(("memory", limit, peak, peak, peak))
    return found


def _check(
    name: str, limit: float, value: float | None, low: float | None, high: float | None
) -> tuple[Holds, str]:
    """Whether a measured value keeps a limit, with a sentence that has the value and the limit."""
    text: Callable[[float | None], str] = {
        "p95": lambda v: units.seconds(None if v is None else v / 1e3),
        "memory": lambda v: units.byte_count(None if v is None else v * 1e6),
    }.get(name, units.decibels)
    sentence = f"{name} {text(value)}, limit {text(limit)}."
    if value is None or low is None or high is None or value != value:
        return Holds.UNKNOWN, f"{name} could not be measured; the limit is {text(limit)}."
    is_most = name in ("p95", "memory")
    if (is_most and value <= limit) or (not is_most and value >= limit):
        return Holds.YES, sentence
    surely_broken = low > limit if is_most else high < limit
    return (Holds.NO if surely_broken else Holds.UNKNOWN), sentence


def _against(configuration: Configuration, default: Measurement, verdict: Verdict) -> tuple[Holds, str]:
    """Whether a configuration is still faster than the default settings, with a sentence that gives the speed-up."""
    against = configuration.record.get("against")
    then = _number(against, "default") if isinstance(against, Mapping) else None
    name = f"the default, {label_of(default.trial)}"
    was = (
        ""
        if then is None
        else f"; when its file was written, the configuration was {units.number(then)} times as fast"
    )
    if not (default.is_ok or default.cause.is_wrong_picture):
        return Holds.YES, f"{name} cannot run on this machine{was}."
    if verdict.outcome.is_difference:
        ends = [None if end is None else 1 / end for end in (verdict.high, verdict.low)]
        speed = faster_text(Estimate(1 / verdict.ratio, ends[0], ends[1], verdict.n_rounds, 0))
        is_faster = verdict.outcome is Outcome.FASTER
        said = f"the configuration is {speed} than {name}, measured in turns{was}."
        return (Holds.YES if is_faster else Holds.NO), said
    if then is not None and then < _WORTH_SAYING:
        return Holds.YES, f"no difference in speed was found between the configuration and {name}{was}."
    if verdict.outcome is Outcome.SAME:
        return Holds.NO, f"the configuration takes the same time as {name}{was}."
    if verdict.low is None:
        return Holds.UNKNOWN, f"the configuration was not compared with {name}: {verdict.reason}{was}."
    said = f"no difference in speed was found between the configuration and {name}"
    return Holds.UNKNOWN, f"{said}: {verdict.reason}{was}."


def _peak_mb(m: Measurement, on_wait: Callable[[str], None] | None) -> float | None:
    with measuring_lock(on_wait), Inputs() as inputs:
        candidate = Candidate(m.trial, inputs, Plan(blocks=0, seconds=0.3))
        candidate.run_memory_pass()
        (row,) = summarise([candidate.measurement(m.fingerprint, m.provenance)])
    return None if row.peak_bytes is None else row.peak_bytes / 1e6


def _number(given: Mapping[str, Any], name: str) -> float | None:
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidValue(f"{name!r} of a configuration must be a number; got {value!r}.")
    return float(value)
