"""Figures 1 and 2, live: the engine compares a workload with itself and with a slower copy on this machine.

Twenty comparisons are too few to measure a rate of 5 %, but enough to notice that the live engine is much worse than
the simulated one. The limits are the counts that a true rate of 5 % (of 90 %) satisfies 98 times in 100.
"""

from __future__ import annotations

from statistics import median

from tests.truth.figures import Figure, Section, for_information
from toolkit.analysis.distributions import binomial_at_most
from toolkit.analysis.verdict import Outcome, Verdict
from toolkit.bench.compare import compare_live
from toolkit.studies.trust.calibrate import PLANTED_EFFECT, workload_trial

BUDGET_S = 30.0
PAIRS, PLANTED = 20, 10
CONFIDENCE = 0.98


def false_alarms(scale: float) -> list[Figure]:
    """A/A pairs through real processes."""
    pairs = max(1, round(PAIRS * scale))
    verdicts = [_compared(0.0, BUDGET_S) for _ in range(pairs)]
    wrong = sum(v.outcome.is_difference for v in verdicts)
    most = next(k for k in range(pairs + 1) if binomial_at_most(k, pairs, 0.05) >= CONFIDENCE)
    effects = [v.smallest_effect for v in verdicts if v.smallest_effect is not None]
    return [
        Figure(f"wrong verdicts in {pairs} live A/A pairs", str(wrong), f"at most {most}", wrong <= most),
        for_information(
            f"  change seen in 90 % of comparisons of {BUDGET_S:.0f} s",
            f"{median(effects):.1%}" if effects else "n/a",
        ),
    ]


def power(scale: float) -> list[Figure]:
    """A planted slow-down through real processes."""
    repeats = max(1, round(PLANTED * scale))
    outcomes = [_compared(PLANTED_EFFECT, 2 * BUDGET_S).outcome for _ in range(repeats)]
    seen, reversed_ = outcomes.count(Outcome.SLOWER), outcomes.count(Outcome.FASTER)
    least = next(k for k in range(repeats, -1, -1) if 1 - binomial_at_most(k - 1, repeats, 0.9) >= CONFIDENCE)
    name = f"+{PLANTED_EFFECT:.0%}".replace("%", " %")
    return [
        Figure(
            f"{name} called SLOWER in {repeats} live comparisons",
            str(seen),
            f"at least {least}",
            seen >= least,
        ),
        Figure(f"{name} called FASTER", str(reversed_), "at most 0", reversed_ == 0),
    ]


def _compared(slow_down: float, budget_s: float) -> Verdict:
    trials = [workload_trial(), workload_trial(slow_down)]
    design, _ = compare_live(trials, budget_s=budget_s)
    return design.verdict()


SECTIONS = (
    Section("1-false-alarms-live", "False alarms, live", false_alarms),
    Section("2-power-live", "Power, live", power),
)
