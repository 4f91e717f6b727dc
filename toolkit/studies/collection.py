"""Measure the trials of a grid that are not in the store, and return the measurements of all its trials."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from toolkit.bench.candidate import ColdStarts, compiles_as
from toolkit.bench.grid import Grid
from toolkit.bench.judge import question_id
from toolkit.bench.plan import FULL, QUICK, Plan
from toolkit.bench.sweep import Progress, sweep
from toolkit.contracts.fingerprint import fingerprint
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.notation import parse_trial
from toolkit.contracts.trial import Trial
from toolkit.core import units
from toolkit.results.rows.summarising import summarise
from toolkit.results.rows.summary import Summary
from toolkit.results.store.runs import Run
from toolkit.results.store.store import Store
from toolkit.studies.fresh import begin_run, begun, surrounding_run
from toolkit.studies.run_record import add_to_record
from toolkit.studies.stored_answers import measured_apart, stored_answers

if TYPE_CHECKING:
    from tqdm import tqdm


@dataclass(frozen=True, kw_only=True)
class Collected:
    """The measurements of all trials of one or several grids, from the store or, where it has none, newly measured.

    Attributes
    ----------
    measurements : list of Measurement
        The measurements of all trials, those of small pictures first.
    n_now, n_earlier, n_left : int
        Numbers of trials that `collect` measured, that were read from the store, and that the time budget left out.
    n_changed : int
        Number of trials that `collect` measured although the store has measurements of them, because sources, versions,
        weights or the machine changed.
    earliest : str
        Time of the oldest measurement from the store, ISO 8601, UTC; ``""`` without a measurement from the store.
    machine : mapping
        The fingerprint of this machine.
    run : Run or None
        The fresh run, which ignores earlier measurements, that `collect` began or continued.
    n_again : int
        Number of trials that `collect` measured although the store has measurements of them, because new trials had to
        take turns with them.
    """

    measurements: list[Measurement]
    n_now: int
    n_earlier: int
    n_left: int
    n_changed: int
    earliest: str
    machine: Mapping[str, Any]
    run: Run | None = None
    n_again: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether every trial has a measurement."""
        return self.n_left == 0

    @property
    def state(self) -> str:
        """The state of the measurements: ``"partial: 4 of 16 rows"``, or ``"complete: 16 rows"``."""
        n_rows = self.n_now + self.n_earlier
        return (
            f"complete: {units.counted(n_rows, 'row')}"
            if self.is_complete
            else f"partial: {n_rows} of {n_rows + self.n_left} rows"
        )

    @cached_property
    def rows(self) -> list[Summary]:
        """The summaries of the measurements, computed once for all tables, plots and sentences."""
        return summarise(self.measurements)

    def of(self, grid: Grid) -> list[Summary]:
        """The summaries of the measurements of one grid; some are missing if the time budget ran out."""
        trials = set(grid.trials())
        return [row for row in self.rows if row.trial in trials]

    def __repr__(self) -> str:
        total = self.n_now + self.n_earlier + self.n_left
        parts = [str(self.run)] if self.run and self.run.is_resumed else []
        if self.n_earlier:
            when = f", the oldest at {self.earliest.replace('T', ' ')[:16]} UTC" if self.earliest else ""
            parts.append(f"{self.n_earlier} of {total} trials were measured earlier{when}")
        if self.n_now or not self.n_earlier:
            parts.append(f"{self.n_now} of {total} trials were measured now")
        if self.n_changed:
            why = "because sources, versions, weights or the machine have changed"
            parts.append(f"{self.n_changed} trials were measured again, {why}")
        if self.n_again:
            parts.append(f"{self.n_again} trials were measured again, to take turns with new trials")
        if self.n_left:
            parts.append(
                f"{self.n_left} trials are not measured because the time budget ran out: run again to measure them"
            )
        return "; ".join(parts) + "."

    def _repr_markdown_(self) -> str:
        return f"*{self}*"


def collect(
    *grids: Grid | Sequence[Trial | str],
    quick: bool = True,
    budget_s: float | None = None,
    store: Store | None = None,
    fresh: bool = False,
    quiet: bool = False,
) -> Collected:
    """Measure and store the trials that are not in the store, and return the measurements of all trials.

    Small pictures come first, so that a spent time budget leaves out the largest sizes and not whole operations; trials
    of one size keep the order of their operations in the grids. A progress bar is shown on stderr; in a notebook the
    bar is in the output of the cell until the call ends.

    Parameters
    ----------
    *grids : Grid or sequence of Trial or str
        The trials to measure; a string is a trial in its written form, such as ``"oil_painting:threads=2"``. A trial in
        two grids is measured once.
    quick : bool
        Whether each trial is measured in three short processes instead of seven longer processes. A stored measurement
        with either number of processes is used.
    budget_s : float, optional
        No group of trials starts after this many seconds.
    store : Store, optional
        Store of the measurements; default: the store that all commands use.
    fresh : bool
        Whether stored measurements are ignored, so that every trial is measured anew. If a fresh call was stopped in
        the last 12 hours, the same call continues with the measurements of the stopped call. A notebook that runs for a
        fresh report ignores all measurements from before the report, whatever `fresh` is.
    quiet : bool
        Whether the progress bar and the message about waiting for another measurement are left out.

    Raises
    ------
    UnknownName, InvalidValue
        A trial of a grid is not valid, or the store cannot be read or written.
    """
    # `store or Store()` would replace a store without measurements, because such a store is falsy.
    store = Store() if store is None else store
    trials = _in_order(grids)
    plan = QUICK if quick else FULL
    store.check_writable()
    asked = _Asked.of(trials, store)
    around = surrounding_run()
    if around:
        store.runs.continued(around)
    run = begin_run(store, [*trials, plan]) if fresh and not around else None
    since = run.started if run else around
    earlier = stored_answers(store, asked.by_key, since=since)
    apart = measured_apart(store, asked.by_key, earlier, since=since)
    measured: list[Measurement] = []
    with _bar(disable=quiet) as bar:
        if run and run.is_resumed and not quiet:
            bar.write(f"{run}.", file=bar.fp)
        for measurement in _measured(
            asked, store, apart, plan=plan, budget_s=budget_s, since=since, bar=bar, quiet=quiet
        ):
            store.add(measurement)
            measured.append(measurement)
    answers = stored_answers(store, asked.by_key, since=since)
    collected = _collected(asked, measured, answers, apart=apart, run=run)
    if run and collected.is_complete:
        store.runs.finish(run)
    add_to_record(trials, collected.rows)
    return collected


@dataclass(frozen=True)
class _Asked:
    """The trials given to `collect`, by their keys in the store, and those whose stored measurement is outdated."""

    by_key: dict[str, Trial]
    changed: frozenset[Trial]
    machine: Mapping[str, Any]

    @classmethod
    def of(cls, trials: list[Trial], store: Store) -> _Asked:
        machine = fingerprint()
        by_key = {trial.key(question_id(trial, machine)): trial for trial in trials}
        stored = store.find(operation={trial.operation for trial in trials})
        return cls(by_key, frozenset(m.trial for m in stored if m.key not in by_key), machine)


def _measured(
    asked: _Asked,
    store: Store,
    apart: Collection[str],
    *,
    plan: Plan,
    budget_s: float | None,
    since: str,
    bar: tqdm[None],
    quiet: bool,
) -> Iterator[Measurement]:
    """Measure the trials without a stored measurement; a stopped measurement continues after its stored rounds."""
    earlier, stopped = (
        stored_answers(store, asked.by_key, since=since),
        begun(store, [*asked.by_key], since=since),
    )
    return sweep(
        [*asked.by_key.values()],
        skip=lambda: {m.key for m in stored_answers(store, asked.by_key, since=since)}.difference(apart),
        plan=plan,
        budget_s=budget_s,
        begun=stopped,
        cold_starts=_cold_starts([*earlier, *stopped]),
        on_round=store.rounds.keep,
        on_progress=lambda progress: _show(bar, progress),
        on_wait=None if quiet else lambda sentence: bar.write(sentence, file=bar.fp),
    )


def _collected(
    asked: _Asked,
    measured: Sequence[Measurement],
    stored: Iterable[Measurement],
    *,
    apart: Collection[str],
    run: Run | None,
) -> Collected:
    """Join the new and the stored measurements of all trials; another process may have stored some in the meantime."""
    now = {m.key for m in measured}
    earlier = [m for m in stored if m.key not in now]
    found = {m.trial: m for m in [*earlier, *measured]}
    return Collected(
        measurements=[found[trial] for trial in asked.by_key.values() if trial in found],
        n_now=len(measured),
        n_earlier=len(earlier),
        n_left=sum(trial not in found for trial in asked.by_key.values()),
        n_changed=sum(m.trial in asked.changed for m in measured),
        earliest=min((m.provenance.get("time", "") for m in earlier), default=""),
        machine=asked.machine,
        run=run,
        n_again=len(now.intersection(apart)),
    )


def _in_order(grids: Iterable[Grid | Sequence[Trial | str]]) -> list[Trial]:
    """The trials of all grids without repeats, small pictures first, then in the order of their operations."""
    asked = [one for grid in grids for one in (grid.trials() if isinstance(grid, Grid) else grid)]
    distinct = dict.fromkeys(parse_trial(one) if isinstance(one, str) else one for one in asked)
    operations = list(dict.fromkeys(trial.operation for trial in distinct))
    return sorted(distinct, key=lambda t: (t.width * t.height, operations.index(t.operation)))


def _cold_starts(known: Iterable[Measurement]) -> ColdStarts:
    """Seconds of a trial's first call with an empty code cache; trials that compile the same code share the number."""
    return {compiles_as(m.trial): m.cold_first_s for m in known if m.cold_first_s is not None}


def _is_notebook() -> bool:
    """Whether this process is a Jupyter kernel; a process that imports ipykernel to run a report is not a kernel."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


@contextmanager
def _bar(*, disable: bool) -> Iterator[tqdm[None]]:
    from tqdm import tqdm

    in_notebook = _is_notebook()
    with tqdm(
        total=1,
        desc="preparing pictures, exports, references".ljust(40),
        file=sys.stdout if in_notebook else sys.stderr,  # a notebook shows stderr in red
        leave=False,
        disable=disable,
        ncols=100,
        bar_format="{desc} |{bar:24}| {n_fmt}/{total_fmt}{postfix}",
    ) as bar:
        yield bar
    if in_notebook:  # in a terminal the progress bar clears its own line
        from IPython.display import clear_output

        clear_output()


def _show(bar: tqdm[None], progress: Progress) -> None:
    trial = progress.trial
    bar.total, bar.n = progress.total, progress.done
    bar.set_postfix_str(f"{units.seconds(round(progress.left_s, 1))} left", refresh=False)
    text = f"{trial.operation}@{trial.backend} {trial.width}x{trial.height}"
    bar.set_description_str(text.ljust(40)[:40], refresh=True)
