"""Conclusions about models for the top of a report: the fastest backend, and the cost of quality and precision."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from toolkit.analysis.ratios import ratio_of
from toolkit.contracts.turns import took_turns
from toolkit.core import units
from toolkit.core.choices import Precision
from toolkit.results.rows.baseline import speedups
from toolkit.results.rows.labels import model_of, way_of, words_of
from toolkit.results.rows.pareto import ParetoPoint, are_apart, pareto_points
from toolkit.results.rows.quality_metrics import AGREEMENT, metrics_of, quality_of
from toolkit.results.rows.quiet import busy_sentence
from toolkit.results.rows.selection import by_model, fastest_of_each, right_rows
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import Summary
from toolkit.results.sentences.phrases import (
    NO_DIFFERENCE,
    Conclusions,
    Entry,
    evidence,
    interval,
    joined,
    stopped,
    without_findings,
)


def conclude_models(measurements: Iterable[Measured]) -> Conclusions:
    """Draw conclusions from measurements of models; quantities that were not measured are not mentioned.

    Parameters
    ----------
    measurements : iterable of Measurement
        Measurements of one machine; only the largest picture size is described.
    """
    every = newest_rows(measurements)
    if busy := busy_sentence(every):
        return without_findings(busy, every, _named)
    rows = right_rows(every)
    entries = (
        *_fastest(rows),
        *_quality(every),
        *_precision(rows),
        *_where(rows),
        *_memory(rows),
        *_untrained(every),
        *stopped(every, _named),
        *evidence(every),
    )
    return Conclusions(entries)


def _fastest(rows: Sequence[Summary]) -> Iterator[Entry]:
    faster = speedups(rows)
    for model, members in by_model(rows).items():
        best = min(members, key=lambda s: s.picture.value)
        baselines = [s for s in members if s.key in faster and faster[s.key] is None]
        parts = [f"{way_of(best)} takes {units.seconds(best.picture.value)} per picture"]
        ratio = faster.get(best.key)
        if ratio is not None and baselines:
            ends = interval(ratio)
            known = f" (95 % interval{ends})" if ends else ""
            said = f"{units.number(ratio.value)} times as fast as"
            parts.append(f"{NO_DIFFERENCE if ratio.includes(1) else said} {way_of(baselines[0])}{known}")
        if best.precision != Precision.FP32:
            parts.append(_agreement(best))
        others = [s for s in members if s is not best]
        apart = [way_of(s) for s in others if not took_turns(s.measurement, best.measurement)]
        heading = "Shortest time" if apart else "Fastest"
        sure = (
            f" These settings are not compared, because they were not measured in turns: {joined(apart)}."
            if apart
            else _how_sure(best, others)
        )
        yield f"{heading} with a right picture, {model}", f"{', '.join(filter(None, parts))}.{sure}"


def _how_sure(best: Summary, others: Sequence[Summary]) -> str:
    """A sentence on settings that may be as fast as the best; empty without other settings or without intervals."""
    ratios = [(s, ratio_of(s.picture, best.picture)) for s in others]
    known = [(s, ratio.low) for s, ratio in ratios if ratio.low is not None]
    near = [way_of(s) for s, low in known if low <= 1]
    if near:
        verb = "is" if len(near) == 1 else "are"
        why = "the 95 % interval of the ratio of times includes 1"
        return f" {joined(near)} {verb} perhaps as fast as the fastest row: {why}."
    if known and len(known) == len(ratios):
        beaten = "the other row" if len(known) == 1 else f"each of the {len(known)} other rows"
        return f" The fastest row is faster than {beaten}: the 95 % interval of each ratio of times lies above 1."
    return ""


def _quality(rows: Sequence[Summary]) -> Iterator[Entry]:
    """Quality and latency of each model's fastest row with a right picture, models on the Pareto front first."""
    best = fastest_of_each(rows)
    metrics = [metric for metric in metrics_of(best) if metric.is_main]
    if not metrics:
        return
    metric, points = pareto_points(best, metric=metrics[0].key)
    points = [p for p in points if math.isfinite(p.quality)]
    if len(points) < 2:
        return

    def cost(p: ParetoPoint) -> str:
        seconds = units.seconds(p.summary.picture.value)
        return f"{metric.text(p.quality)} takes {seconds} ({_named(p.summary)})"

    front, beaten = [p for p in points if p.is_on_front], [p for p in points if not p.is_on_front]
    sentence = f"{joined(list(map(cost, front)))}."
    sentence = sentence[0].upper() + sentence[1:]
    if len(front) > 1:
        first, last = front[0], front[-1]
        times = units.number(last.summary.picture.value / first.summary.picture.value)
        gain = f"{units.number(abs(last.quality - first.quality))} {metric.unit}".strip()
        more = "more" if metric.is_higher_better else "less"
        sentence += f" The best model has {gain} {more} than the fastest and takes {times} times as long"
        sentence += " (not measured in turns)." if are_apart([first, last]) else "."
    if beaten:
        costs = joined(list(map(cost, beaten)))
        apart = ", by times that were not measured in turns" if are_apart(points) else ""
        sentence += f" Not worth the time, because another model is as fast and as good{apart}: {costs}."
    yield "What quality costs", sentence


def _precision(rows: Sequence[Summary]) -> Iterator[Entry]:
    """Speed-up and agreement of each reduced precision, relative to fp32 of the same model on the same backend."""
    plain = {_but_precision(s): s for s in rows if s.precision == Precision.FP32}
    found: dict[str, list[tuple[Summary, float]]] = defaultdict(list)
    for s in rows:
        full = plain.get(_but_precision(s))
        if s.precision != Precision.FP32 and full is not None and took_turns(s.measurement, full.measurement):
            found[s.precision].append((s, ratio_of(full.latency, s.latency).value))
    for precision, pairs in found.items():
        factors = units.span((factor for _, factor in pairs), units.number)
        levels = [quality_of(s, AGREEMENT) for s, _ in pairs]
        finite = [level for level in levels if level is not None and math.isfinite(level)]
        sentence = f"{factors} times as fast as fp32 of the same model on the same backend"
        if finite:
            sentence += f"; PSNR against the reference {units.decibels(min(finite))}"
            sentence += f" or better ({len(pairs)} rows)" if len(pairs) > 1 else ""
        yield f"In {precision}", f"{sentence}."


def _where(rows: Sequence[Summary]) -> Iterator[Entry]:
    staged = [s for s in rows if s.pipeline_s]
    if staged:
        share = units.span((s.infer_share for s in staged), units.percent)
        once_s = [s.stages_s.get("load", 0.0) + s.stages_s.get("first", 0.0) for s in staged]
        yield (
            "Where the time goes",
            f"The network itself takes {share} of the time from input file to output file. Loading the network and its "
            f"first call take {units.span(once_s, units.seconds)} once in each process.",
        )


def _memory(rows: Sequence[Summary]) -> Iterator[Entry]:
    sized = sorted((s for s in rows if s.peak_bytes), key=lambda s: s.peak_bytes or 0)
    if len(sized) > 1:
        least, most = sized[0], sized[-1]
        yield (
            "Peak memory",
            f"One process with its runtime needs {units.byte_count(least.peak_bytes)} ({_named(least)}) to "
            f"{units.byte_count(most.peak_bytes)} ({_named(most)}).",
        )


def _untrained(rows: Sequence[Summary]) -> Iterator[Entry]:
    names = dict.fromkeys(words_of(s) for s in rows if s.is_untrained)
    if names:
        yield (
            "Untrained",
            f"{joined(list(names))}: the weights are random. Time and memory equal those of the trained network; "
            "the pictures are noise and have no quality.",
        )


def _but_precision(s: Summary) -> tuple[object, ...]:
    return s.environment, s.trial.with_(placement=replace(s.trial.placement, precision=Precision.FP32))


def _named(s: Summary) -> str:
    return f"{model_of(s)} on {way_of(s)}"


def _agreement(s: Summary) -> str:
    value = quality_of(s, AGREEMENT)
    if value is None:
        return ""
    distance = "equals" if math.isinf(value) else f"has a PSNR of {units.decibels(value)} against"
    return f"and its picture {distance} the fp32 picture"
