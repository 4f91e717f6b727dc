"""Tables of a batch: the time of the workers by stage, and the pictures that failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from toolkit.core import units
from toolkit.results.tables.layout import Column, Table, text_column

BATCH_STAGES = {
    "read": "the bytes of the file",
    "decode": "bytes to pixels, with the checks for damage",
    "resize": "the pre-steps",
    "run": "the operation",
    "encode": "pixels to the bytes of the result",
    "write": "the result to its file",
}
"""Stages of a picture from file to file, in their order, and what each works on."""


class _Stage(NamedTuple):
    name: str
    seconds: float | None
    share: float | None


def batch_stages_table(stages_s: Mapping[str, float], *, pictures: int, wall_s: float, workers: int) -> Table:
    """One row for each stage from read to write: seconds of all workers, time per picture, share.

    Parameters
    ----------
    stages_s : mapping of str to float
        Seconds of each stage, summed over the pictures; a stage that is not named did not take place.
    pictures : int
        Pictures that were read.
    wall_s : float
        Seconds that the batch took, with the start of the workers.
    workers : int
    """
    import pandas as pd

    total_s = sum(stages_s.values())
    rows = [_Stage(name, seconds := stages_s.get(name), _share(seconds, total_s)) for name in BATCH_STAGES]
    longest = max(rows, key=lambda row: row.seconds or 0.0).name
    columns = [
        text_column("stage", lambda row: row.name),
        text_column("works on", lambda row: BATCH_STAGES[row.name]),
        Column("all pictures", lambda row: units.seconds(row.seconds)),
        Column(
            "a picture", lambda row: row.seconds and row.seconds / max(1, pictures), unit="ms", scale=1e-3
        ),
        Column("share", lambda row: units.percent(row.share)),
    ]
    notes = []
    if total_s:
        notes = [
            f"Most time goes into {longest}: {units.percent(_share(stages_s[longest], total_s))}.",
            f"The stages add up to {units.seconds(total_s)} of {units.workers_text(workers)}; the batch took "
            f"{units.seconds(wall_s)} with the start of the workers. Timed once, so without intervals.",
            "The first picture of each worker takes longer: libraries are loaded, and kernels are compiled if "
            "this machine has none yet.",
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
    """One row for each picture without a result, with the sentence that says why.

    Parameters
    ----------
    errors : sequence of (name, sentence)
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
