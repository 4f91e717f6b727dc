"""Compare the pictures of each procedure with the pictures of the reference procedure."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from toolkit.images.similarity import difference
from toolkit.studies.cases.case import Judged, Pictures

SAME_DB = 50.0
"""Two pictures whose PSNR is at least this value, dB, count as different only by rounding."""


def judged_against(
    reference: str,
    pictures: Pictures,
    *,
    note: str,
    may_differ: Collection[str] = (),
    least_db: float = SAME_DB,
) -> Mapping[str, Judged]:
    """Compare each procedure's pictures with the reference procedure's; a picture below `least_db` is wrong.

    Parameters
    ----------
    reference : str
        Name of the procedure whose pictures are the reference.
    note : str
        Text added to the judgement of every picture, such as that the weights are untrained.
    may_differ : collection of str
        Procedures whose pictures are compared but not called wrong, such as procedures in INT8.
    least_db : float
        PSNR against the reference picture, dB, below which a picture is wrong.
    """
    if reference not in pictures:
        return {
            name: Judged(words=_with(note, "not compared, because the reference procedure did not run"))
            for name in pictures
        }
    truth, found = pictures[reference], {}
    for name, drawn in pictures.items():
        shared = [one for one in drawn if one in truth and drawn[one].shape == truth[one].shape]
        psnr_db = {one: difference(drawn[one], truth[one]).psnr_db for one in shared}
        worst = min((math.inf if value is None else value for value in psnr_db.values()), default=math.inf)
        if name == reference:
            found[name] = Judged(words=_with(note, "the reference for the pictures of the other procedures"))
        elif worst >= least_db:
            words = (
                "equal to the reference procedure's pictures"
                if math.isinf(worst)
                else "equal to the reference procedure's pictures except for rounding"
            )
            found[name] = Judged(psnr_db, _with(note, words))
        else:
            is_wrong = name not in may_differ
            differs = "differs from the reference procedure's pictures"
            words = differs if is_wrong else f"{differs}, as expected"
            found[name] = Judged(psnr_db, _with(note, words), is_wrong)
    return found


def _with(note: str, words: str) -> str:
    return f"{note}; {words}" if note else words
