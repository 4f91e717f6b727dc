"""Make the tables of a batch: the workers' time by stage, and the pictures that failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from toolkit.core import units
from toolkit.results.tables.layout import Column, Table, text_column

BATCH_STAGES = {
    "read": "reads the file's bytes",
    "decode": "converts bytes to pixels, and checks for damage",
    "resize": "runs the operations before the main operation (pre-steps)",
    "run": "runs the operation",
    "encode": "converts pixels to the bytes of the result",
    "write": "writes the result to its file",
}
"""Stages of a picture from input file to output file, in their order, and the work of each stage."""


class _Stage(NamedTuple):
    name: str
    seconds: float | None
    share: float | None


def batch_stages_table(stages_s: Mapping[str, float], *, pictures: int, wall_s: float, workers: int) -> Table:
    """Make a table with one row for each stage from read to write: seconds of all workers, time per picture, share.

    Parameters
    ----------
    stages_s : mapping of str to float
        Seconds of each stage, summed over the pictures; a missing stage did not take place.
    pictures : int
        Number of pictures that were read.
    wall_s : float
        Wall time of the batch, including the start of the workers, s.
    workers : int
        Number of workers.
    """
    import pandas as pd

    total_s = sum(stages_s.values())
    rows = [_Stage(name, seconds := stages_s.get(name), _share(seconds, total_s)) for name in BATCH_STAGES]
    longest = max(rows, key=lambda row: row.seconds or 0.0).name
    columns = [
        text_column("stage", lambda row: row.name),
        text_column("work", lambda row: BATCH_STAGES[row.name]),
        Column("all pictures", lambda row: units.seconds(row.seconds)),
        Column(
            "a picture", lambda row: row.seconds and row.seconds / max(1, pictures), unit="ms", scale=1e-3
        ),
        Column("share", lambda row: units.percent(row.share)),
    ]
    notes = []
    if total_s:
        notes = [
            f"Stage {longest} takes the most time: {units.percent(_share(stages_s[longest], total_s))}.",
            f"The stages of {units.workers_text(workers)} take {units.seconds(total_s)} together; the batch took "
            f"{units.seconds(wall_s)}, including the start of the workers. Times of one run have no intervals.",
            "The first picture of each worker takes longer, because libraries are loaded, and kernels are compiled if "
            "this machine has no compiled kernels yet.",
        ]
    frame = pd.DataFrame(
        [{"stage": row.name, "all_pictures_s": row.seconds, "share": row.share} for row in rows]
    )
    return Table.of(
        rows,
        columns,
        title=f"Time of the workers by stage, {units.counted(pictures, 'picture')}",
        frame=frame,
        notes=notes,
    )


def _share(seconds: float | None, total_s: float) -> float | None:
    return None if seconds is None or not total_s else seconds / total_s


def failures_table(errors: Sequence[tuple[str, str]]) -> Table:
    """Make a table with one row for each picture without a result, with the sentence that gives the reason.

    Parameters
    ----------
    errors : sequence of (name, sentence)
        Name of each failed picture, and the sentence that says why the picture failed.
    """
    import pandas as pd

    columns = [text_column(name, itemgetter(n)) for n, name in enumerate(("picture", "why"))]
    frame = pd.DataFrame(list(errors), columns=["picture", "error"])
    title = (
        f"{units.counted(len(errors), 'picture')} without a result"
        if errors
        else "Every picture has a result"
    )
    return Table.of(errors, columns, title=title, frame=frame)
