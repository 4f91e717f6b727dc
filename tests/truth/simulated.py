"""The simulated sections of the truth rig: the real design and statistics on a simulated clock."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np

from tests.truth.families import FAMILIES, Family, PlantedClock, normal, slow_tail, student
from tests.truth.figures import Figure, Section, at_least, at_most, for_information, within
from toolkit.analysis.design import Comparison
from toolkit.analysis.distributions import upper_rate_bound
from toolkit.analysis.stats import estimate
from toolkit.analysis.verdict import DECISION_LEVEL, Outcome, Verdict, compare
from toolkit.studies.trust.demonstrations import pooled_p_value

BASELINE, CANDIDATE = "baseline", "candidate"


def simulate(
    family: Family,
    seed: int,
    *,
    slow_down: float = 0.0,
    half_width: float | None = None,
    budget_s: float = 60.0,
) -> tuple[Comparison, dict[str, list[np.ndarray]]]:
    """One comparison on the simulated clock, with the raw samples of its blocks."""
    clock = PlantedClock(family, seed)
    extra = {} if half_width is None else {"half_width": half_width}
    comparison = Comparison([BASELINE, CANDIDATE], budget_s=budget_s, seed=seed, **extra)
    raw: dict[str, list[np.ndarray]] = {BASELINE: [], CANDIDATE: []}
    while (turn := comparison.next_turn()) is not None:
        samples, cost_s = clock.block(
            slow_down=slow_down if turn.configuration == CANDIDATE else 0.0,
            iterations=turn.iterations,
            limit_s=turn.limit_s,
        )
        raw[turn.configuration].append(samples)
        comparison.record(turn, samples, cost_s=cost_s)
    return comparison, raw


def pooled_alarm(raw: dict[str, list[np.ndarray]]) -> bool:
    """False alarm of the usual mistake: every sample counts as independent evidence."""
    return pooled_p_value(raw[BASELINE], raw[CANDIDATE]) < DECISION_LEVEL


def false_alarms(scale: float) -> list[Figure]:
    """Figure 1: 600 A/A pairs over the families."""
    pairs = max(10, round(60 * scale))
    wrong, pooled, spent = Counter[str](), 0, 0.0
    for family in FAMILIES:
        for seed in range(pairs):
            comparison, raw = simulate(family, seed)
            wrong[family.name] += comparison.verdict().outcome.is_difference
            pooled += pooled_alarm(raw)
            spent += comparison.spent_s
    total = pairs * len(FAMILIES)
    alarms = sum(wrong.values())
    worst, count = wrong.most_common(1)[0]
    return [
        at_most(f"wrong verdicts in {total} A/A pairs", alarms / total, 0.05),
        at_most("  its one-sided 95 % upper bound", upper_rate_bound(alarms, total), 0.08),
        for_information("  worst family", f"{worst}: {count} of {pairs}"),
        at_least("  the same pairs judged on pooled samples", pooled / total, 0.10),
        for_information("  mean time of a comparison", f"{spent / total:.0f} s"),
    ]


def power(scale: float) -> list[Figure]:
    """Figure 2: planted slow-downs within the default budget, spread between processes up to 2 %."""
    repeats = max(10, round(100 * scale))
    figures = []
    seen = {family.name: 0 for family in FAMILIES}
    small: list[Outcome] = []
    for family in FAMILIES:
        for seed in range(repeats):
            outcome = simulate(family, 10_000 + seed, slow_down=0.03)[0].verdict().outcome
            seen[family.name] += outcome is Outcome.SLOWER
            small.append(simulate(family, 20_000 + seed, slow_down=0.01)[0].verdict().outcome)
    for name, count in seen.items():
        figures.append(at_least(f"+3 % called SLOWER, {name}", count / repeats, 0.90))
    hundred, share = (
        small[:: len(FAMILIES)],
        {outcome: small.count(outcome) / len(small) for outcome in Outcome},
    )
    wrong = sum(outcome is Outcome.FASTER for outcome in hundred) / len(hundred)
    figures.append(at_most(f"+1 % called FASTER in {len(hundred)} comparisons", wrong, 0.0))
    figures.append(at_most(f"  in all {len(small)} comparisons", share[Outcome.FASTER], 0.005, digits=2))
    figures.append(at_most("+1 % called SAME", share[Outcome.SAME], 0.0125, digits=2))
    figures.append(for_information("+1 % called SLOWER", f"{100 * share[Outcome.SLOWER]:.0f} %"))
    return figures


def drift(scale: float) -> list[Figure]:
    """Figure 3: 5 % of drift during the comparison; measuring one side after the other must fail."""
    repeats = max(20, round(400 * scale))
    calm = Family("calm", between=normal(0.01))
    logs: dict[str, list[float]] = {"interleaved": [], "sequential": []}
    for seed in range(repeats):
        duration_s = simulate(calm, seed)[0].spent_s
        family = replace(calm, name="drift", drift=math.log(1.05) * 60 / duration_s)
        logs["interleaved"].append(math.log(simulate(family, seed)[0].verdict().ratio))
        clock = PlantedClock(family, seed)
        rounds = simulate(calm, seed)[0].n_rounds
        before, after = ([clock.block(iterations=11)[0] for _ in range(rounds)] for _ in range(2))
        logs["sequential"].append(math.log(compare(before, after).ratio))
    bias = {name: abs(math.expm1(float(np.mean(values)))) for name, values in logs.items()}
    return [
        at_most(
            f"bias of the ratio, interleaved, {repeats} comparisons", bias["interleaved"], 0.005, digits=2
        ),
        at_least("bias of the ratio, one after the other (must fail)", bias["sequential"], 0.005, digits=2),
    ]


def fixed_coverage(scale: float) -> list[Figure]:
    """Figure 4, first half: 95 % intervals of fixed designs."""
    runs = max(200, round(4000 * scale))
    iterations, between_sd = 11, 0.02
    figures = []
    # With a one-sided tail, the expectation of the process median is the true value of the estimate.
    rng = np.random.default_rng(0)
    tail = slow_tail(0.03)
    expected = float(np.mean(np.median(tail(rng, 400_000 * iterations).reshape(-1, iterations), axis=1)))
    for label, within_draw, truth in (
        ("t(2) within", lambda rng, n: 0.03 * rng.standard_t(2, n), 0.0),
        ("slow tail within", tail, expected),
    ):
        for between_label, between in (
            ("normal between", normal(between_sd)),
            ("t(3) between", student(between_sd)),
        ):
            for n in (5, 10, 30):
                hits = 0
                for _ in range(runs):
                    noise = within_draw(rng, n * iterations).reshape(n, iterations)
                    answer = estimate(np.exp(noise + between(rng, n)[:, None]))
                    assert answer.low is not None and answer.high is not None
                    hits += answer.low <= math.exp(truth) <= answer.high
                figures.append(
                    within(f"{label}, {between_label}, {n} blocks, {runs} runs", hits / runs, 0.93, 0.97)
                )
    return figures


def stopped_coverage(scale: float) -> list[Figure]:
    """Figure 4, second half: 95 % intervals of ratios under the stopping rule."""
    runs = max(20, round(400 * scale))
    hits = {family.name: 0 for family in FAMILIES}
    for family in FAMILIES:
        for seed in range(runs):
            slow_down = (0.0, 0.03, 0.3, 1.0)[seed % 4]
            verdict = simulate(family, 30_000 + seed, slow_down=slow_down)[0].verdict()
            if verdict.low is not None and verdict.high is not None:
                hits[family.name] += verdict.low <= 1 + slow_down <= verdict.high
    total = runs * len(FAMILIES)
    return [
        at_least(f"coverage over the families, {total} comparisons", sum(hits.values()) / total, 0.92),
        *(for_information(f"  {name}", f"{100 * count / runs:.1f} %") for name, count in hits.items()),
    ]


def budget(scale: float) -> list[Figure]:
    """Figure 5: wall time for a half-width of 2 %, compared with 20 processes x 10 iterations of each side."""
    repeats = max(5, round(50 * scale))
    spent = fixed = 0.0
    reached = total = 0
    figures = []
    for family in FAMILIES:
        ours, theirs, widths, fixed_widths = [], [], [], []
        for seed in range(repeats):
            comparison = simulate(family, 40_000 + seed, half_width=0.02, budget_s=200.0)[0]
            ours.append(comparison.spent_s)
            widths.append(_half_width(comparison.verdict()))
            clock = PlantedClock(family, seed)
            rounds = [(clock.block(iterations=10)[0], clock.block(iterations=10)[0]) for _ in range(20)]
            fixed_widths.append(_half_width(compare(*map(list, zip(*rounds, strict=True)), paired=True)))
            theirs.append(clock.now_s)
        spent, fixed = spent + sum(ours), fixed + sum(theirs)
        reached, total = reached + sum(width <= 0.02 for width in widths), total + repeats
        figures.append(
            for_information(
                f"{family.name}: time, half-width",
                f"{np.mean(ours):.0f} s for {100 * np.median(widths):.1f} %; "
                f"fixed {np.mean(theirs):.0f} s for {100 * np.median(fixed_widths):.1f} %",
            )
        )
    return [
        at_most("wall time against the fixed design, all families", spent / fixed, 0.5),
        at_least("half-width of 2 % reached", reached / total, 1.0),
        *figures,
    ]


def degenerate(scale: float) -> list[Figure]:
    """Figure 8: degenerate data is never FASTER or SLOWER, however far apart the two sides are."""
    runs = max(20, round(200 * scale))
    spoil = {
        "zero variance": lambda rows: [[rows[0][0]] * len(row) for row in rows],
        "unequal n": lambda rows: rows[:-1],
        "NaN": lambda rows: [*rows[:-1], [*rows[-1][:-1], math.nan]],
        "one sample": lambda rows: [rows[0][:1]],
        "an exception in a block": lambda rows: [*rows[:-1], []],
    }
    figures = []
    for name, spoiled in spoil.items():
        decided = total = 0
        for family in FAMILIES:
            for seed in range(max(2, runs // len(FAMILIES))):
                clock = PlantedClock(family, 50_000 + seed)
                before, after = (
                    [list(clock.block(slow_down=slow_down, iterations=5)[0]) for _ in range(6)]
                    for slow_down in (0.0, 2.0)
                )
                for paired in (True, False):
                    for a, b in (
                        (before, spoiled(after)),
                        (spoiled(after), before),
                        (spoiled(before), after),
                    ):
                        decided += compare(a, b, paired=paired).outcome.is_difference
                        total += 1
        figures.append(at_most(f"{name}: FASTER or SLOWER in {total} comparisons", decided / total, 0.0))
    return figures


def _half_width(verdict: Verdict) -> float:
    if verdict.low is None or verdict.high is None:
        return math.inf
    return math.expm1(math.log(verdict.high / verdict.low) / 2)


SECTIONS = (
    Section("1-false-alarms", "False alarms", false_alarms),
    Section("2-power", "Power within the default budget", power),
    Section("3-drift", "5 % drift", drift),
    Section("4-coverage-fixed", "Coverage of 95 % intervals, fixed number of blocks", fixed_coverage),
    Section("4-coverage-stopped", "Coverage of 95 % intervals, stopping rule", stopped_coverage),
    Section("5-budget", "Wall time for a half-width of 2 %", budget),
    Section("8-degenerate", "Degenerate data", degenerate),
)
