"""Recommend an executor, workers and threads in a sentence at the end of a sweep over these settings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from toolkit.analysis.ratios import ratio_of
from toolkit.analysis.stats import Estimate
from toolkit.core import units
from toolkit.results.rows.labels import model_of
from toolkit.results.rows.load import (
    are_in_turns,
    best_of,
    is_oversubscribed,
    level_with,
    plain_of,
    question_of,
    setting_of,
)
from toolkit.results.rows.quiet import busy_sentence
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import Summary

_MOST_LEVEL = 3
"""Largest number of settings that a sentence names as not different from the best setting."""


def throughput_sentences(measured: Iterable[Measured]) -> list[str]:
    """For each operation and size, a sentence on the setting with the most pictures per second and its certainty."""
    rows = newest_rows(measured)
    busy = busy_sentence(rows)
    questions: dict[tuple[object, ...], list[Summary]] = defaultdict(list)
    for s in rows:
        questions[question_of(s)].append(s)
    return [busy] if busy else [_sentence(members) for members in questions.values()]


def _sentence(rows: list[Summary]) -> str:
    best, plain = best_of(rows), plain_of(rows)
    trial = rows[0].trial
    subject = f"{model_of(rows[0])} at {units.megapixels(trial.megapixels)} MP"
    if best is None or plain is None:
        return f"{subject}: no setting gave a right picture."
    rate = f"{units.number(best.throughput.value)} images/s{_ends(best.throughput)}"
    if not are_in_turns([s for s in rows if s.is_ok]):
        return (
            f"{subject}: {setting_of(best)} made {rate}, in rows that were measured apart, not in turns; "
            "the option --fresh measures these rows in turns."
        )
    said = f"{subject}: take {setting_of(best)}: {rate}"
    gain = ratio_of(best.throughput, plain.throughput)
    if best is not plain and not gain.includes(1):
        said += f", {units.number(gain.value)} times as many{_ends(gain)} as {setting_of(plain)}"
    level = level_with(best, rows)
    if level:
        more = f" and {len(level) - _MOST_LEVEL} more settings" if len(level) > _MOST_LEVEL else ""
        names = "; ".join(map(setting_of, level[:_MOST_LEVEL]))
        said += f"; no difference seen from the throughput of {names}{more}"
    elif len(rows) > 1:
        said += "; every other setting makes fewer images/s"
    crowded = (
        " The recommended setting has more threads than there are processors."
        if is_oversubscribed(best)
        else ""
    )
    return f"{said}.{crowded}"


def _ends(estimate: Estimate) -> str:
    return (
        f" ({units.number(estimate.low)} to {units.number(estimate.high)})" if estimate.has_interval else ""
    )
