"""Judge whether the working tree is slower, needs more memory or makes worse pictures than a commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from toolkit.analysis.design import BUDGET_S, HALF_WIDTH
from toolkit.contracts.trial import Trial
from toolkit.studies.gate.baseline import checked_out, commit_of, remember_green, repository_of
from toolkit.studies.gate.judgement import Judgement, Limits, State, judge
from toolkit.studies.gate.sides import Cell, Environment, measure_sides
from toolkit.workers.process import WorkerFailed


def gate(
    trials: Sequence[Trial],
    *,
    baseline: str,
    limits: Limits,
    folder: Path | None = None,
    budget_s: float = BUDGET_S,
    tell: Callable[[str], None] = lambda sentence: None,
) -> Judgement:
    """Measure the working tree and a commit in turns, and judge the working tree.

    Parameters
    ----------
    trials : sequence of Trial
        Trials with the plug-ins of the working tree; without a trial the result is COULD NOT TELL.
    baseline : str
        A commit, branch or tag, or ``last-green``, which means the last commit that passed ``atelier gate``.
    limits : Limits
        Allowed growth of time and memory, and allowed loss of quality.
    folder : Path, optional
        A folder in the git repository; if omitted, the folder of the first plug-in, else the current folder.
    budget_s : float
        Longest time for measuring one trial in turns, s.
    tell : callable
        A function that receives sentences about the progress.

    Raises
    ------
    InvalidValue
        The baseline is no commit, or a plug-in lies outside the repository.
    Unavailable
        Git is missing, or the requirements of the baseline cannot be installed.
    """
    plugins = tuple(dict.fromkeys(path for trial in trials for path, _ in trial.plugins))
    repository = repository_of(folder or Path(plugins[0] if plugins else ".").resolve())
    commit = commit_of(repository, baseline)
    before, after = f"{baseline} ({commit[:7]})", "the working tree"
    if not trials:
        return judge([], limits, baseline=before, candidate=after)
    # The confidence interval must be narrow enough to exclude the allowed slowdown.
    half_width = min(HALF_WIDTH, limits.slowdown / 2.4)
    candidate = Environment(name=after, plugins=plugins)
    notes: list[str] = []
    with checked_out(repository, commit, plugins, name=before) as side:
        try:
            run = measure_sides(
                side,
                candidate,
                trials,
                budget_s=budget_s,
                half_width=half_width,
                on_cell=lambda label: tell(f"Measuring {label}."),
                on_wait=tell,
            )
        except WorkerFailed as error:
            why = f"the program that measures the baseline or the working tree cannot be started: {error}"
            cells = [Cell(label=str(trial)) for trial in trials]
            return judge(cells, limits, baseline=before, candidate=after, notes=[why])
    others = run.differing()
    if others:
        notes.append(f"Package versions differ between baseline and working tree: {', '.join(others)}.")
    found = judge(run.cells, limits, baseline=before, candidate=after, notes=notes)
    if found.state is State.PASSED:
        remember_green(repository)
    return found


def measured_apart(trials: Sequence[Trial], *, baseline: str, limits: Limits) -> Judgement:
    """The judgement COULD NOT TELL for a baseline that is a file of stored results."""
    note = (
        "Stored results were measured apart from the working tree, not in turns, and the machine may have "
        "changed in between. To measure both in turns, name a commit: atelier gate ... --baseline HEAD~1"
    )
    cells = [Cell(label=str(trial)) for trial in trials]
    return judge(cells, limits, baseline=baseline, candidate="the working tree", notes=[note])
