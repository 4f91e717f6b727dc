"""Measure trials now, and raise an alert (never a verdict) if the history of the store shows a change of level."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from toolkit.bench.plan import Plan
from toolkit.contracts.trial import Trial
from toolkit.results.history.alerts import Alert, alerts
from toolkit.results.history.judged import histories
from toolkit.results.store.store import Store
from toolkit.studies.measured_trial import measure


def alerts_now(
    trials: Sequence[Trial],
    store: Store,
    *,
    plan: Plan | None = None,
    tell: Callable[[str], None] = lambda sentence: None,
) -> list[Alert]:
    """Measure each trial and store the result; returns the alerts that these new runs raise.

    Parameters
    ----------
    trials : sequence of Trial
    store : Store
        Store with the earlier runs, to which the new runs are added.
    plan : Plan, optional
        How many blocks and calls to measure.
    tell : callable
        Receives a sentence before each trial.
    """
    began = datetime.now(UTC).isoformat(timespec="seconds")
    for trial in trials:
        tell(f"Measuring {trial}.")
        measure(trial, plan=plan, fresh=True, store=store)
    asked = {str(trial) for trial in trials}
    found = alerts(histories(store))
    return [one for one in found if one.history.series.trial in asked and one.change.seen_date >= began]
