"""Compare the best setting of a sweep with the usual guess: a worker for each processor, every library as it comes."""

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
    """The same job as people set it up without measuring.

    As many workers as this process may use processors; by default, the libraries then start a thread for each
    processor in every worker.

    >>> from toolkit.contracts.checked_trial import make_trial
    >>> guess = guessed(make_trial("oil_painting", "opencv", executor="threads"))
    >>> guess.workers == guess.placement.threads, guess.executor
    (True, 'processes')
    """
    n, options = allowed_cpus(), dict(trial.placement.options)
    if "spinning" in {option.name for option in trial.runtime.options}:
        options["spinning"] = (
            True  # a runtime whose idle threads spin by themselves; our backend turns that off
        )
    place = replace(trial.placement, threads=n, options=tuple(options.items()))
    return trial.with_(workers=n, placement=place, executor=USUAL_EXECUTOR, batch=1)


def best_trial(measurements: Sequence[Measurement]) -> Trial:
    """The trial with the most pictures a second that asks for no more processors than there are.

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
    """Measure the best setting and the usual guess again, in turns, and say which makes more pictures a second.

    Parameters
    ----------
    measurements : sequence of Measurement
        Of one operation at one size.
    budget_s : float
        Longest time of the new measurements, s.

    Returns
    -------
    ComparisonReport or None
        The guess is the baseline; None where the best setting is the guess itself.

    Raises
    ------
    InvalidValue, Unavailable, TrialFailed
    """
    best = best_trial(measurements)
    guess = guessed(best)
    return None if best == guess else compare(guess, best, budget_s=budget_s)
