"""Compare the best setting of a sweep with the usual guess: one worker per processor, and default library settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from toolkit.analysis.design import BUDGET_S
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.trial import Trial
from toolkit.contracts.trial_keys import USUAL_EXECUTOR
from toolkit.core.errors import InvalidValue
from toolkit.machine.hardware import allowed_cpus
from toolkit.results.rows.load import best_of, is_oversubscribed
from toolkit.results.rows.summarising import summarise
from toolkit.results.sentences.verdicts import ComparisonReport
from toolkit.studies.compare import compare


def guessed(trial: Trial) -> Trial:
    """A trial of the same operation as `trial`, with the settings that people use without measuring.

    The usual settings are one worker for each processor that this process may use, and in every worker one library
    thread for each processor.

    >>> from toolkit.contracts.checked_trial import make_trial
    >>> guess = guessed(make_trial("oil_painting", "opencv", executor="threads"))
    >>> guess.workers == guess.placement.threads, guess.executor
    (True, 'processes')
    """
    n, options = allowed_cpus(), dict(trial.placement.options)
    if "spinning" in {option.name for option in trial.runtime.options}:
        options["spinning"] = (
            True  # idle threads of a runtime with this option spin by default; Atelier's backend lets them sleep
        )
    place = replace(trial.placement, threads=n, options=tuple(options.items()))
    return trial.with_(workers=n, placement=place, executor=USUAL_EXECUTOR, batch=1)


def best_trial(measurements: Sequence[Measurement]) -> Trial:
    """The trial with the most pictures per second among trials whose threads do not exceed the processors.

    Raises
    ------
    InvalidValue
        No trial gave a right picture.
    """
    rows = [row for row in summarise(measurements) if not is_oversubscribed(row)]
    best = best_of(rows)
    if best is None:
        raise InvalidValue(
            "comparing with the usual guess needs a measurement with a right picture; got none."
        )
    return best.trial


def against_guess(
    measurements: Sequence[Measurement], *, budget_s: float = BUDGET_S
) -> ComparisonReport | None:
    """Measure the best setting and the usual guess again, in turns, and tell which makes more pictures per second.

    Parameters
    ----------
    measurements : sequence of Measurement
        Measurements of one operation at one picture size.
    budget_s : float
        Longest time of the new measurements, s.

    Returns
    -------
    ComparisonReport or None
        The comparison of the best setting with its baseline, the usual guess; None if the two are equal.

    Raises
    ------
    InvalidValue, Unavailable, TrialFailed
        No measurement has a right picture, or the best setting or the usual guess cannot be measured.
    """
    best = best_trial(measurements)
    guess = guessed(best)
    return None if best == guess else compare(guess, best, budget_s=budget_s)
