"""Measure how often verdicts are wrong on this machine: compare a workload with itself and with a slower copy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median

from toolkit.analysis.verdict import Outcome, Verdict
from toolkit.bench.compare import compare_live
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.fingerprint import fingerprint
from toolkit.contracts.identity import hardware_id
from toolkit.contracts.operation import load_plugin
from toolkit.contracts.trial import Trial
from toolkit.results.store.calibration import Calibration, save_calibration
from toolkit.studies.compare import judged_by_load
from toolkit.studies.trust import workload

PLANTED_EFFECT = 0.03
_UNITS = 10_000


def calibrate(
    *,
    pairs: int = 20,
    planted: int = 10,
    budget_s: float = 10.0,
    on_pair: Callable[[int, int, Verdict], None] | None = None,
) -> Calibration:
    """Compare a workload with itself and with a copy that is 3 % slower, and store how often the verdict is right.

    Parameters
    ----------
    pairs, planted : int
        Numbers of comparisons of the workload with itself, and of comparisons with a slower copy. If 20 pairs give no
        false alarm, the rate of false alarms is below 14 % with 95 % confidence; with 60 pairs, below 5 %.
    budget_s : float
        Longest time of one comparison, s.
    on_pair : callable, optional
        A function that is called after each comparison with the number of comparisons done, their total number, and
        the verdict.

    A comparison during which the machine was busy gives no verdict, as in `toolkit.studies.compare`.

    Returns
    -------
    Calibration
        The rates of right and wrong verdicts; `calibrate` also appends them to ``data/results/calibration.json``.
    """
    plain, slower = workload_trial(), workload_trial(PLANTED_EFFECT)
    verdicts: list[Verdict] = []
    for number in range(pairs + planted):
        other = plain if number < pairs else slower
        design, measured = compare_live([plain, other], budget_s=budget_s)
        verdicts.append(judged_by_load(design.verdict(), *measured))
        if on_pair is not None:
            on_pair(number + 1, pairs + planted, verdicts[-1])
    same, different = verdicts[:pairs], verdicts[pairs:]
    effects = [v.smallest_effect for v in same if v.smallest_effect is not None]
    found = Calibration(
        machine=hardware_id(fingerprint()),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        pairs=pairs,
        false_alarms=sum(v.outcome.is_difference for v in same),
        planted=planted,
        seen=sum(v.outcome is Outcome.SLOWER for v in different),
        reversed=sum(v.outcome is Outcome.FASTER for v in different),
        planted_effect=PLANTED_EFFECT,
        smallest_effect=median(effects) if effects else None,
        budget_s=budget_s,
        disturbed=sum(v.is_disturbed for v in verdicts),
    )
    save_calibration(found)
    return found


def workload_trial(slow_down: float = 0.0) -> Trial:
    """A trial whose only work is arithmetic.

    Parameters
    ----------
    slow_down : float
        Additional work, as a fraction: 0.03 is 3 % more work.
    """
    file = workload.__file__
    return make_trial(
        "workload",
        "opencv",
        params={"units": round(_UNITS * (1 + slow_down))},
        size=(64, 48),
        images=("coffee",),
        plugins=((file, load_plugin(file)),),
    )
