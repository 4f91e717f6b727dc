"""Measure one trial from Python; the result is printed as one line in a script and as a table in a notebook."""

from __future__ import annotations

from dataclasses import fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

from toolkit.bench.measure import measure as measure_now
from toolkit.bench.plan import Plan
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.notation import parse_trial
from toolkit.contracts.trial import Trial
from toolkit.core import units
from toolkit.results.rows.frame import frame
from toolkit.results.rows.summarising import summarise
from toolkit.results.rows.summary import UNTRAINED, Summary
from toolkit.results.store.store import Store
from toolkit.results.tables.measurements import results_table
from toolkit.studies.collection import collect

if TYPE_CHECKING:
    import pandas as pd


class MeasuredTrial(Measurement):
    """A Measurement with its numbers: printed as one line, shown in a notebook as a table.

    Attributes
    ----------
    row : Summary
        The numbers of the measurement, without the warm-up calls.
    """

    @classmethod
    def of(cls, measurement: Measurement) -> MeasuredTrial:
        """Convert a `Measurement` to a `MeasuredTrial` with the same values."""
        return cls(**{field.name: getattr(measurement, field.name) for field in fields(Measurement)})

    @cached_property
    def row(self) -> Summary:
        """The numbers of the measurement, as one row."""
        (row,) = summarise([self])
        return row

    @property
    def latency_s(self) -> float:
        """Seconds per call; NaN if no call was timed."""
        return self.row.latency.value

    @property
    def interval_s(self) -> tuple[float, float] | None:
        """Ends of the latency's 95 % interval, s; None if fewer than three processes were measured."""
        low, high = self.row.latency.low, self.row.latency.high
        return None if low is None or high is None else (low, high)

    @property
    def throughput_ips(self) -> float:
        """Images per second of all workers together."""
        return self.row.throughput.value

    def to_frame(self) -> pd.DataFrame:
        """A data frame of one row with all numbers, see `toolkit.results.rows.frame.frame`."""
        return frame([self.row])

    def __str__(self) -> str:
        trial = self.trial
        words = [f"{self.row.label} {units.threads_text(trial.placement.threads)}"]
        if trial.workers > 1:
            words.append(units.workers_text(trial.workers))
        name = ", ".join([*words, f"{units.megapixels(trial.megapixels)} MP"])
        if not self.is_ok:
            return f"{name}: {self.status}: {self.note.removeprefix(trial.label).removeprefix(':').strip()}"
        parts = [self._time, UNTRAINED if trial.is_untrained else "right"]
        if self.row.peak_bytes:
            parts.append(units.byte_count(self.row.peak_bytes))
        if self.suspect:
            parts.append(f"disturbed: {self.suspect[0]}")
        return f"{name}: {', '.join(parts)}"

    __repr__ = __str__

    @property
    def _time(self) -> str:
        """The latency and its interval in one unit, as text: ``15.1 ms [14.9, 15.4]``."""
        scale, _ = units.time_unit([self.latency_s])
        ends = self.interval_s
        interval = units.interval(ends[0] / scale, ends[1] / scale) if ends else "(no interval)"
        return f"{units.seconds(self.latency_s)} {interval}"

    def _repr_html_(self) -> str:
        return results_table([self.row]).html()


def measure(
    trial: Trial | str,
    *,
    plan: Plan | None = None,
    fresh: bool = False,
    store: Store | None = None,
    **defaults: Any,
) -> MeasuredTrial:
    """Measure one trial in new processes and store the result, or return the stored measurement of the same trial.

    Parameters
    ----------
    trial : Trial or str
        The trial to measure; a string is its written form, such as ``"stylization@opencv:threads=2,megapixels=1"``.
    plan : Plan, optional
        Numbers of processes and calls to measure. With a plan, stored measurements are ignored.
    fresh : bool
        Whether stored measurements are ignored, so that the trial is measured now.
    store : Store, optional
        Store of the measurements; default: the store that all commands use.
    **defaults
        Arguments of `make_trial`, such as ``megapixels=2``, for settings that a written trial does not contain.

    Returns
    -------
    MeasuredTrial
        The measurement. If the trial cannot run or fails, its status is skipped or failed, and no error is raised.

    Raises
    ------
    UnknownName, InvalidValue
        The trial names something that does not exist, or has a value that is not allowed.

    Examples
    --------
    >>> import toolkit as tk
    >>> tk.measure("oil_painting@numba:threads=2", megapixels=1)  # doctest: +SKIP
    oil_painting@numba 2 threads, 1.0 MP: 15.1 ms [14.9, 15.4], right, 171 MB
    """
    store = Store() if store is None else store
    asked = parse_trial(trial, **defaults) if isinstance(trial, str) else trial
    if plan is not None:
        store.check_writable()
        measurement = measure_now(asked, plan=plan)
        store.add(measurement)
        return MeasuredTrial.of(measurement)
    (measurement,) = collect([asked], store=store, fresh=fresh).measurements
    return MeasuredTrial.of(measurement)
