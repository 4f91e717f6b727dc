"""Measure trials now, and raise an alert (never a verdict) if the history of the store shows a change of level."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from toolkit.analysis.change_points import JUDGED_FROM
from toolkit.bench.plan import Plan
from toolkit.contracts.identity import machine_id
from toolkit.contracts.outcome import Status
from toolkit.contracts.trial import Trial
from toolkit.core import units
from toolkit.results.history.alerts import Alert, alerts
from toolkit.results.history.judged import History, histories
from toolkit.results.store.store import Store
from toolkit.studies.measured_trial import measure


@dataclass(frozen=True, kw_only=True)
class StoredAnswer:
    """The alerts that the stored history of earlier runs gives for trials that were measured now.

    Attributes
    ----------
    n_trials : int
        Number of trials that were measured.
    alerts : tuple of Alert
        Changes in the usual time of a trial that the new runs show.
    failed : tuple of str
        Trials that gave no right picture, each with its reason.
    untold : tuple of str
        Trials that the history cannot judge, each with its reason.
    """

    n_trials: int
    alerts: tuple[Alert, ...] = ()
    failed: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """Exit code: 4 if a trial failed; 5 with an alert, without a trial, or if a history is too short; else 0."""
        if self.failed:
            return 4
        return 5 if self.alerts or self.untold or not self.n_trials else 0

    def __str__(self) -> str:
        if not self.n_trials:
            return "COULD NOT TELL: nothing was measured, because no trial was given."
        said = [f"FAILED: {text}" for text in self.failed]
        said += [f"ALERT: {alert}" for alert in self.alerts]
        said += [f"COULD NOT TELL: {text}" for text in self.untold]
        return "\n".join(said) or f"No alert was raised in {units.counted(self.n_trials, 'trial')}."

    def to_dict(self) -> dict[str, Any]:
        """The alerts, failures and exit code as values that JSON can hold."""
        return {
            "exit_code": self.exit_code,
            "n_trials": self.n_trials,
            "alerts": [alert.to_dict() for alert in self.alerts],
            "failed": [*self.failed],
            "could_not_tell": [*self.untold],
        }


def alerts_now(
    trials: Sequence[Trial],
    store: Store,
    *,
    plan: Plan | None = None,
    tell: Callable[[str], None] = lambda sentence: None,
) -> StoredAnswer:
    """Measure each trial, store the results, and return what the history says of these new runs.

    Parameters
    ----------
    trials : sequence of Trial
        Trials to measure now.
    store : Store
        Store with the earlier runs, to which the new runs are added.
    plan : Plan, optional
        The number of blocks and calls to measure for each trial.
    tell : callable
        A function that receives a sentence before each trial.
    """
    began = datetime.now(UTC).isoformat(timespec="seconds")
    failed: list[str] = []
    untold: list[str] = []
    series: set[tuple[str, str]] = set()
    for trial in trials:
        tell(f"Measuring {trial}.")
        found = measure(trial, plan=plan, fresh=True, store=store)
        if found.is_ok:
            series.add((str(trial), machine_id(found.fingerprint)))
        else:
            (failed if found.status is Status.FAILED else untold).append(f"{trial}: {found.note.rstrip('.')}")
    histories_now = [h for h in histories(store) if (h.series.trial, h.series.machine) in series]
    untold += [_too_young(history) for history in histories_now if history.n_timed < JUDGED_FROM]
    return StoredAnswer(
        n_trials=len(trials),
        alerts=tuple(alert for alert in alerts(histories_now) if alert.change.seen_date >= began),
        failed=tuple(failed),
        untold=tuple(untold),
    )


def _too_young(history: History) -> str:
    runs = units.counted(history.n_timed, "run")
    return f"{history.series.trial}: has {runs} on this machine; only a history of {JUDGED_FROM} runs or more is judged"
