"""The summary at the top of notebook ``60_batch``: pictures per second, the slowest stage, and failed pictures."""

from __future__ import annotations

from pathlib import Path

from toolkit.contracts.fingerprint import fingerprint
from toolkit.core import units
from toolkit.core.errors import AtelierError
from toolkit.images.image import load
from toolkit.jobs.batch_summary import BatchSummary
from toolkit.results.first_screen.origin import facts_of, machine_line
from toolkit.results.first_screen.screen import Card, FirstScreen, Pair, Tag
from toolkit.results.tables.batch import BATCH_STAGES
from toolkit.studies.batch_folders import BatchFolders

_ADVICE = {
    "read": "a faster disk",
    "decode": "smaller files, or more workers",
    "resize": "do not shrink the pictures first, or use more workers",
    "run": "another backend or more workers: notebook `50_workers` compares them",
    "encode": "another file format: see the table of formats below",
    "write": "a faster disk, or a smaller format",
}


def screen_of_batch(
    summary: BatchSummary, folders: BatchFolders, *, operation: str, workers: int
) -> FirstScreen:
    """Show the results of a batch in three cards: speed, slowest stages and failures.

    Parameters
    ----------
    summary : BatchSummary
        The results of the batch.
    folders : BatchFolders
        The folders of the batch's pictures and results.
    operation : str
        Name of the operation.
    workers : int
        Number of workers that ran the batch.
    """
    machine = fingerprint()
    state = f"{summary.done} of {summary.total} pictures done"
    return FirstScreen(
        lead=_lead(summary, workers),
        machine=machine_line(machine),
        facts=facts_of([], machine),
        tags=[
            Tag(state, is_warning=bool(summary.failed)),
            Tag("measured in one run, so the speed has no confidence interval"),
        ],
        fingerprint=machine,
        cards=[
            _rate(summary, folders, operation=operation, workers=workers),
            *_longest(summary),
            _failed(summary),
        ],
    )


def _lead(summary: BatchSummary, workers: int) -> str:
    if not summary.n_now:
        return f"**An earlier run finished all {summary.total} pictures**, so this run processed no picture."
    rate = f"**{units.number(summary.images_per_s)} pictures per second** with {units.workers_text(workers)}"
    parts = [rate]
    if shares := _shares(summary):
        name = max(shares, key=lambda stage: shares[stage])
        parts.append(f"**{name}** takes {units.percent(shares[name])} of the workers' time")
    failed = (
        f"**{units.counted(summary.failed, 'picture')} failed**" if summary.failed else "no picture failed"
    )
    return f"{'; '.join([*parts, failed])}."


def _shares(summary: BatchSummary) -> dict[str, float]:
    total_s = sum(summary.stages_s.values())
    return {name: summary.stages_s.get(name, 0.0) / total_s for name in BATCH_STAGES} if total_s else {}


def _rate(summary: BatchSummary, folders: BatchFolders, *, operation: str, workers: int) -> Card:
    figures = []
    if summary.n_now:
        figures = [
            (
                f"{units.number(summary.images_per_s)} /s",
                f"pictures read, computed and written with {units.workers_text(workers)}",
            ),
            (
                units.seconds(summary.wall_s),
                f"for all {summary.n_now} pictures, including the start of the workers",
            ),
        ]
    return Card(
        title="Pictures per second",
        name=operation,
        figures=figures,
        sure="A second run of the same batch skips all finished pictures.",
        pair=_pair(summary, folders, operation),
    )


def _longest(summary: BatchSummary) -> list[Card]:
    shares = _shares(summary)
    if not shares:
        return []
    first, second = sorted(shares, key=lambda stage: -shares[stage])[:2]
    figures = [
        (units.percent(shares[first]), f"of the workers' time is spent in {first}: {BATCH_STAGES[first]}"),
        (units.percent(shares[second]), f"of the workers' time is spent in {second}: {BATCH_STAGES[second]}"),
    ]
    return [
        Card(
            title="Where the time goes",
            verb="To be faster:",
            take=_ADVICE[first].replace("`", ""),
            figures=figures,
        )
    ]


def _failed(summary: BatchSummary) -> Card:
    figures = [(str(count), cause) for cause, count in summary.kinds.items()] or [("0", "pictures failed")]
    sure = ""
    if summary.errors:
        name, sentence = summary.errors[0]
        sure = f"{name}: {sentence}"
    return Card(title="Failed pictures", figures=figures, sure=sure, is_sure=not summary.failed)


def _pair(summary: BatchSummary, folders: BatchFolders, operation: str) -> Pair | None:
    """The first finished picture before and after the operation; None if the operation changed its aspect ratio.

    The result is also None if no picture is finished, or if a file cannot be read.
    """
    done = next((row for row in summary.rows if row["state"] == "done"), None)
    if done is None:
        return None
    try:
        before, after = load(folders.source / Path(done["name"])), load(folders.out / done["result"])
    except AtelierError:
        return None
    if abs(before.shape[0] / before.shape[1] - after.shape[0] / after.shape[1]) > 0.02:
        return None
    return Pair(before=before, after=after, left=done["name"], right=operation)
