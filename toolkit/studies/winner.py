"""Name the fastest trial of a sweep after measuring the fastest trials again, because the shortest time may be luck."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.analysis.design import BUDGET_S, HALF_WIDTH
from toolkit.analysis.discovery import contenders, control
from toolkit.analysis.stats import estimate
from toolkit.bench.compare import compare_live, seconds_a_picture
from toolkit.contracts.measurement import Measurement
from toolkit.core.errors import InvalidValue
from toolkit.results.sentences.verdicts import WinnerReport
from toolkit.studies.compare import calibration_sentence, judged_by_load


def find_winner(measurements: Sequence[Measurement], *, budget_s: float = BUDGET_S) -> WinnerReport:
    """Measure the fastest trials of a sweep again, in turns, and report which trial is the fastest, if any.

    Parameters
    ----------
    measurements : sequence of Measurement
        Measurements of one operation at one input size. Measurements whose status is not ok are ignored.
    budget_s : float
        Longest time of the new measurements, s.

    Raises
    ------
    InvalidValue
        The measurements have several operations or sizes, or no measurement has the status ok.
    """
    compared = {(m.trial.operation, m.trial.width, m.trial.height) for m in measurements}
    rows = [m for m in measurements if m.is_ok]
    if len(compared) != 1 or not rows:
        raise InvalidValue(
            "finding a winner needs measurements of one operation at one size, at least one of them ok; "
            f"got {len(compared)} operations and sizes, and {len(rows)} measurements that are ok."
        )
    times = [estimate([seconds_a_picture(block, m.trial) for block in m.blocks]) for m in rows]
    chosen = contenders(times)
    if (
        len(chosen) == 1
    ):  # if no trial is nearly as fast as the fastest, the second fastest trial is its rival
        slower = sorted((i for i in range(len(rows)) if i not in chosen), key=lambda i: times[i].value)
        chosen += slower[:1]
    trials = [rows[i].trial for i in chosen]
    if len(trials) < 2:
        return WinnerReport(winner=trials[0].label, rivals=())
    width = _half_width([times[i].value / times[chosen[0]].value for i in chosen[1:]])
    design, (first, *others) = compare_live(trials, half_width=width, budget_s=budget_s)
    verdicts = control([design.verdict(name) for name in design.configurations[1:]])
    verdicts = [judged_by_load(v, first, other) for v, other in zip(verdicts, others, strict=True)]
    return WinnerReport(
        winner=trials[0].label,
        rivals=tuple((t.label, v) for t, v in zip(trials[1:], verdicts, strict=True)),
        calibration=calibration_sentence(first),
    )


def _half_width(ratios: Sequence[float]) -> float:
    """Half-width of a confidence interval that is narrow enough to separate the fastest trial from its closest rival.

    The half-width depends on the sweep alone, not on the new measurements, so it does not bias the verdict.

    >>> _half_width([1.02, 1.5]), _half_width([16.0])
    (0.0125, 0.1)
    """
    return min(0.1, max(HALF_WIDTH, (min(ratios) - 1) / 3))
