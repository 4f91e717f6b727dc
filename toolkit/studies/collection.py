"""Measure what the store does not know yet: how a notebook comes to its measurements."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit.bench.judge import question_id
from toolkit.bench.plan import FULL, QUICK
from toolkit.bench.sweep import Grid, Progress, sweep
from toolkit.contracts.fingerprint import fingerprint
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.notation import parse_trial
from toolkit.contracts.trial import Trial
from toolkit.core import units
from toolkit.results.store.store import Store

if TYPE_CHECKING:
    from tqdm import tqdm


@dataclass(frozen=True, kw_only=True)
class Collected:
    """The answers to some grids, from the store and from now.

    Attributes
    ----------
    measurements : list of Measurement
        Small pictures first.
    n_now, n_earlier, n_left : int
        Trials measured by this call, known before it, and left for the next one by the budget.
    earliest : str
        When the oldest of the known ones was measured, ISO 8601, UTC; ``""`` when there is none.
    machine : mapping
        The fingerprint of this machine.
    """

    measurements: list[Measurement]
    n_now: int
    n_earlier: int
    n_left: int
    earliest: str
    machine: Mapping[str, Any]

    def of(self, grid: Grid) -> list[Measurement]:
        """Those that answer one of the grids; fewer than it asks for when the budget was over."""
        asked = set(grid.trials())
        return [m for m in self.measurements if m.trial in asked]

    def __str__(self) -> str:
        total = self.n_now + self.n_earlier + self.n_left
        parts = []
        if self.n_earlier:
            when = f", the oldest at {self.earliest.replace('T', ' ')[:16]} UTC" if self.earliest else ""
            parts.append(f"{self.n_earlier} of {total} rows were measured earlier{when}")
        if self.n_now or not self.n_earlier:
            parts.append(f"{self.n_now} of {total} rows were measured now")
        if self.n_left:
            parts.append(f"{self.n_left} were left when the time budget was over: run again to go on")
        return "; ".join(parts) + "."

    def __repr__(self) -> str:
        return str(self)  # not a page of raw samples

    def _repr_markdown_(self) -> str:
        return f"*{self}*"


def collect(
    *grids: Grid | Sequence[Trial | str],
    quick: bool = True,
    budget_s: float | None = None,
    store: Store | None = None,
    quiet: bool = False,
) -> Collected:
    """Measure the trials that the store has no answer to, keep the answers, and return all of them.

    Small pictures come first, so that a budget leaves out the largest sizes and not whole operations; of one size,
    operations in the order in which they are asked for. A bar on stderr shows how far it is; in a notebook it is in
    the cell's output until the end.

    Parameters
    ----------
    *grids : Grid or sequence of Trial or str
        A string is the written form, ``"oil_painting:threads=2,megapixels=1"``. A trial in two grids is measured once.
    quick : bool
        Three short blocks a trial instead of seven longer ones. An answer that is in the store counts either way.
    budget_s : float, optional
        No group of trials is started after so many seconds.
    store : Store, optional
        Default: the checkout's.
    quiet : bool
        No bar, and no word about waiting for another measurement.

    Raises
    ------
    UnknownName, InvalidValue
        The grid asks for what cannot be asked, or the store cannot be read or written.
    """
    store = Store() if store is None else store  # an empty one is false
    asked = [one for grid in grids for one in (grid.trials() if isinstance(grid, Grid) else grid)]
    distinct = dict.fromkeys(parse_trial(one) if isinstance(one, str) else one for one in asked)
    turns = {name: turn for turn, name in enumerate(dict.fromkeys(t.operation for t in distinct))}
    trials = sorted(distinct, key=lambda t: (t.width * t.height, turns[t.operation]))
    machine = fingerprint()
    keys = [trial.key(question_id(trial, machine)) for trial in trials]
    known = store.keys()
    measured: list[Measurement] = []
    with _bar(disable=quiet) as bar:
        bar.set_description_str("preparing pictures, exports, references".ljust(40))
        for measurement in sweep(
            trials,
            skip=known,
            plan=QUICK if quick else FULL,
            budget_s=budget_s,
            on_progress=lambda progress: _show(bar, progress),
            on_wait=None if quiet else lambda sentence: bar.write(sentence, file=bar.fp),
        ):
            store.add(measurement)
            measured.append(measurement)
    _clear_output()
    earlier = store.find(key=[key for key in keys if key in known])
    found = {m.trial: m for m in [*earlier, *measured]}
    return Collected(
        measurements=[found[trial] for trial in trials if trial in found],
        n_now=len(measured),
        n_earlier=len(earlier),
        n_left=len(trials) - len(measured) - len(earlier),
        earliest=min((m.provenance.get("time", "") for m in earlier), default=""),
        machine=machine,
    )


def _bar(*, disable: bool) -> tqdm[None]:
    from tqdm import tqdm

    return tqdm(
        total=1,
        # A notebook shows stderr on red, as if something were wrong.
        file=sys.stdout if _in_notebook() else sys.stderr,
        leave=False,
        disable=disable,
        ncols=100,
        bar_format="{desc} |{bar:24}| {n_fmt}/{total_fmt}{postfix}",
    )


def _show(bar: tqdm[None], progress: Progress) -> None:
    bar.total, bar.n = progress.total, progress.done
    bar.set_postfix_str(f"{units.seconds(round(progress.left_s, 1))} left", refresh=False)
    operation, _, rest = progress.label.partition(":")
    size = next((part.removeprefix("input=") for part in rest.split(",") if part.startswith("input=")), "")
    bar.set_description_str(f"{operation} {size}".ljust(40)[:40], refresh=True)


def _in_notebook() -> bool:
    return "ipykernel" in sys.modules


def _clear_output() -> None:
    """Take the bar out of a notebook's cell; without a notebook the bar has cleared its own line."""
    if _in_notebook():
        from IPython.display import clear_output

        clear_output()
