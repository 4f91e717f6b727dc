"""Name the fastest way of a sweep after measuring it and its rivals again: the best of many was also lucky."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.analysis.design import BUDGET_S, HALF_WIDTH
from toolkit.analysis.discovery import contenders, control
from toolkit.analysis.stats import estimate
from toolkit.bench.compare import compare_live, seconds_a_picture
from toolkit.contracts.measurement import Measurement
from toolkit.core.errors import InvalidValue
from toolkit.results.sentences.verdicts import WinnerReport
from toolkit.studies.compare import calibration_sentence


def find_winner(measurements: Sequence[Measurement], *, budget_s: float = BUDGET_S) -> WinnerReport:
    """Measure the fastest rows of a sweep again, in turns, and say which of them wins, if any.

    Parameters
    ----------
    measurements : sequence of Measurement
        Rows of one operation at one input size. Rows that are not ok do not take part.
    budget_s : float
        Cap, s.

    Raises
    ------
    InvalidValue
        The rows have several operations or sizes, or none is ok.
    """
    compared = {(m.trial.operation, m.trial.width, m.trial.height) for m in measurements}
    rows = [m for m in measurements if m.is_ok]
    if len(compared) != 1 or not rows:
        raise InvalidValue(
            "a winner needs rows of one operation at one size, at least one of them ok; "
            f"got {len(compared)} operations and sizes, and {len(rows)} rows that are ok."
        )
    times = [estimate([seconds_a_picture(block, m.trial) for block in m.blocks]) for m in rows]
    chosen = contenders(times)
    if len(chosen) == 1:  # measure the runner-up too, even if it seems far slower
        others = sorted((i for i in range(len(rows)) if i not in chosen), key=lambda i: times[i].value)
        chosen += others[:1]
    trials = [rows[i].trial for i in chosen]
    if len(trials) < 2:
        return WinnerReport(winner=trials[0].label, rivals=())
    width = _half_width([times[i].value / times[chosen[0]].value for i in chosen[1:]])
    design, measurements = compare_live(trials, half_width=width, budget_s=budget_s)
    verdicts = control([design.verdict(name) for name in design.configurations[1:]])
    return WinnerReport(
        winner=trials[0].label,
        rivals=tuple((t.label, v) for t, v in zip(trials[1:], verdicts, strict=True)),
        calibration=calibration_sentence(measurements[0]),
    )


def _half_width(ratios: Sequence[float]) -> float:
    """Half-width of the interval that separates the closest rival; a wide lead needs no narrow interval.

    It comes from the sweep alone, before anything is measured again, so it does not bias the verdict.

    >>> _half_width([1.02, 1.5]), _half_width([16.0])
    (0.0125, 0.1)
    """
    return min(0.1, max(HALF_WIDTH, (min(ratios) - 1) / 3))
