"""Compare two trials: measure them live, or read their measurements from the store."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from toolkit.analysis.design import BUDGET_S, HALF_WIDTH, Comparison
from toolkit.analysis.stats import Estimate, estimate, process_medians
from toolkit.analysis.steady import find_shared_warm_up, steady_part
from toolkit.analysis.verdict import Verdict, disturbed, measured_apart
from toolkit.analysis.verdict import compare as compare_blocks
from toolkit.bench.compare import compare_live, seconds_a_picture
from toolkit.contracts.identity import hardware_id
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.notation import parse_trial
from toolkit.contracts.outcome import Status
from toolkit.contracts.trial import Trial
from toolkit.contracts.turns import command_to_compare, took_turns
from toolkit.core.errors import InvalidValue, TrialFailed, Unavailable
from toolkit.results.rows.quiet import disturbance
from toolkit.results.rows.summarising import summarise
from toolkit.results.rows.summary import Summary
from toolkit.results.sentences.verdicts import ComparisonReport
from toolkit.results.store.calibration import NOT_CALIBRATED, load_calibration

Side = Trial | str | Measurement | Summary


def compare(
    a: Side,
    b: Side,
    *,
    budget_s: float = BUDGET_S,
    half_width: float = HALF_WIDTH,
    on_block: Callable[[Comparison], None] | None = None,
    on_measurement: Callable[[Measurement], None] | None = None,
    **defaults: Any,
) -> ComparisonReport:
    """Tell whether `b` is faster than `a`, how sure this verdict is, and how long more evidence would take.

    Parameters
    ----------
    a, b : Trial, str, Measurement or Summary
        Baseline and candidate. Trials (a string is the written form) are measured live, in turns. Two measurements, or
        two `Summary` rows, are compared without measuring: the verdict FASTER or SLOWER needs measurements that took
        turns. If other processes disturbed at least half of the measuring processes of both trials, the outcome is
        CAN'T TELL, and the reason names the disturbance.
    budget_s : float
        Longest time of a live comparison, s.
    half_width : float
        Relative half-width of the ratio's 95 % interval at which a live comparison stops.
    on_block : callable, optional
        A function that receives the state of the live comparison after each measuring process.
    on_measurement : callable, optional
        A function that receives the two measurements of a live comparison, such as ``store.add``.
    **defaults
        Arguments of `make_trial`, such as ``megapixels=2``, for settings that a written trial does not contain.

    Returns
    -------
    ComparisonReport
        The verdict, the ratio of times with its interval, and the caveats of the comparison.

    Raises
    ------
    UnknownName, InvalidValue
        `a` or `b` is not a valid trial, or both are the same trial.
    Unavailable, TrialFailed
        `a` or `b` cannot run on this machine, or its measurement failed and gave no time.

    Examples
    --------
    >>> import toolkit as tk
    >>> report = tk.compare("oil_painting:threads=1", "oil_painting:threads=2", megapixels=1)  # doctest: +SKIP
    >>> report.outcome  # doctest: +SKIP
    'FASTER'
    """
    one, two = read_sides(a, b, **defaults)
    if isinstance(one, Measurement) and isinstance(two, Measurement):
        return _of_stored(one, two)
    design, (first, second) = compare_live(
        [one, two], budget_s=budget_s, half_width=half_width, on_block=on_block
    )
    if on_measurement is not None:
        on_measurement(first)
        on_measurement(second)
    _require_times(first, second)
    baseline, candidate = design.configurations
    return _report(
        first,
        second,
        verdict=design.verdict(),
        estimates=(design.estimate(baseline), design.estimate(candidate)),
        spent_s=design.spent_s,
        stopped=design.stopped.value if design.stopped else "the comparison was interrupted",
    )


def _of_stored(first: Measurement, second: Measurement) -> ComparisonReport:
    """Compare two measurements from the store, without a new measurement."""
    _require_times(first, second)
    samples = [steady_part(_seconds_a_picture(m))[1] for m in (first, second)]
    is_together = took_turns(first, second)
    is_answered = is_together or first.trial == second.trial
    return _report(
        first,
        second,
        verdict=compare_blocks(*samples) if is_together else measured_apart(*samples),
        estimates=(estimate(samples[0]), estimate(samples[1])),
        command="" if is_answered else command_to_compare(first.trial, second.trial),
    )


def _report(
    first: Measurement,
    second: Measurement,
    *,
    verdict: Verdict,
    estimates: tuple[Estimate, Estimate],
    spent_s: float = 0.0,
    stopped: str = "",
    command: str = "",
) -> ComparisonReport:
    return ComparisonReport(
        baseline=str(first.trial),
        candidate=str(second.trial),
        verdict=judged_by_load(verdict, first, second),
        estimates=estimates,
        process_medians_s=(_medians_s(first), _medians_s(second)),
        spent_s=spent_s,
        stopped=stopped,
        command=command,
        caveats=_caveats(first, second),
        calibration=calibration_sentence(first),
    )


def judged_by_load(verdict: Verdict, first: Measurement, second: Measurement) -> Verdict:
    """The verdict, or CAN'T TELL if at least half of the measuring processes of both measurements were disturbed."""
    if verdict.is_apart or not all(map(_is_disturbed, (first, second))):
        return verdict
    return disturbed(verdict, disturbance(summarise([first, second])))


def calibration_sentence(measurement: Measurement) -> str:
    """A sentence on how often verdicts are wrong on a measurement's machine, or that the machine is not calibrated."""
    known = load_calibration(hardware_id(measurement.fingerprint))
    return NOT_CALIBRATED if known is None else str(known)


def read_sides(a: Side, b: Side, **defaults: Any) -> tuple[Measurement, Measurement] | tuple[Trial, Trial]:
    """The baseline and the candidate: two measurements, or two trials to measure; `defaults` as in `compare`.

    Raises
    ------
    UnknownName, InvalidValue
        `a` or `b` is not a valid trial, or both are the same trial.
    """
    a, b = (side.measurement if isinstance(side, Summary) else side for side in (a, b))
    if isinstance(a, Measurement) and isinstance(b, Measurement):
        _require_difference(a, b, label=str(a.trial))
        return a, b
    one, two = (_trial(side, defaults) for side in (a, b))
    _require_difference(one, two, label=str(one))
    return one, two


def _trial(side: Trial | str | Measurement, defaults: dict[str, Any]) -> Trial:
    if isinstance(side, Measurement):
        return side.trial
    return parse_trial(side, **defaults) if isinstance(side, str) else side


def _require_difference(one: object, two: object, *, label: str) -> None:
    if one == two:
        raise InvalidValue(
            f"compare needs two different trials; got {label} twice. "
            "To measure how often a verdict is wrong on this machine: atelier doctor --calibrate"
        )


def _require_times(*measurements: Measurement) -> None:
    for m in measurements:
        if m.status is Status.SKIPPED:
            raise Unavailable(f"{m.trial.label} was skipped: {m.note}")
        if not m.is_ok and not m.cause.is_wrong_picture:
            raise TrialFailed(f"{m.trial.label} failed: {m.note}")


def _is_disturbed(m: Measurement) -> bool:
    """Whether other processes probably disturbed at least half of the blocks (measuring processes) of a measurement."""
    return 2 * sum(bool(block.suspect) for block in m.blocks) >= max(1, len(m.blocks))


def _seconds_a_picture(m: Measurement) -> list[list[float]]:
    return [seconds_a_picture(block, m.trial) for block in m.blocks]


def _medians_s(m: Measurement) -> list[float]:
    return [math.exp(log_s) for log_s in process_medians(_seconds_a_picture(m))]


def _caveats(a: Measurement, b: Measurement) -> tuple[str, ...]:
    found = []
    for m in (a, b):
        label = m.trial.label
        if m.cause.is_wrong_picture:
            found.append(f"{label} makes a wrong picture: its output disagrees with the reference output")
        disturbed = [block for block in m.blocks if block.suspect]
        if disturbed:
            counts, example = f"{len(disturbed)} of {len(m.blocks)}", "; ".join(disturbed[0].suspect)
            found.append(
                f"{label}: {counts} measuring processes were probably disturbed, for example: {example}"
            )
        found += [f"{label}: {finding.sentence}; {finding.cure}" for finding in m.findings]
        if not find_shared_warm_up(m.samples_s).is_steady:
            found.append(
                f"{label} did not reach a steady state: the latency changed until the end of the measurement"
            )
    if hardware_id(a.fingerprint) != hardware_id(b.fingerprint):
        found.append("the two trials were measured on different machines")
    return tuple(found)
