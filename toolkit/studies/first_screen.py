"""Make the summary at the top of a notebook: the answer to the notebook's question, and example pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from toolkit.bench.ground_truth import enlargement
from toolkit.core import units
from toolkit.core.errors import AtelierError
from toolkit.images.image import Image
from toolkit.images.imresize import imresize
from toolkit.images.photos import photo
from toolkit.images.super_resolution import degrade
from toolkit.results.first_screen.growth import growth_cards, growth_lead
from toolkit.results.first_screen.origin import facts_of, machine_line, state_tags
from toolkit.results.first_screen.screen import Card, FirstScreen, Pair
from toolkit.results.first_screen.ways import way_cards, way_lead
from toolkit.results.first_screen.workers import workers_cards, workers_lead
from toolkit.results.pictures.windows import most_detailed
from toolkit.results.rows.quiet import busy_sentence
from toolkit.results.rows.summary import Summary
from toolkit.results.sentences.answer import answers
from toolkit.studies.collection import Collected
from toolkit.studies.row_pictures import input_of, output_of

_DETAIL_PX = 200
"""Side of the square part of an enlarged picture that the summary shows, px."""


def best_ways(collected: Collected, rows: Sequence[Summary] | None = None) -> FirstScreen:
    """Show for each operation the best backend and settings, and how much faster they are than the usual setting.

    Parameters
    ----------
    collected : Collected
        The measurements of the notebook.
    rows : sequence of Summary, optional
        The measurements from which the best setting is chosen; for an operation without a measurement in `rows`, all
        its measurements in `collected`.
    """
    asked = collected.rows if rows is None else rows
    answered = {s.trial.operation for s in asked}
    found = answers([*asked, *(s for s in collected.rows if s.trial.operation not in answered)])
    pairs = {}
    for answer in found:
        beside = f" ({answer.usual.trial.backend} {_time(answer.usual)})" if answer.usual else ""
        pair = pair_of(answer.row, beside=beside)
        pairs |= {answer.operation: pair} if pair else {}
    busy = busy_sentence(collected.rows)
    return _screen(collected, busy or way_lead(found), way_cards(found, pairs))


def growth(collected: Collected) -> FirstScreen:
    """Show how time and memory grow with the size of the picture.

    Parameters
    ----------
    collected : Collected
        Measurements of several picture sizes with one worker.
    """
    rows = collected.rows
    pairs = _pairs(s for s in rows if s.is_ok)
    return _screen(collected, busy_sentence(rows) or growth_lead(rows), growth_cards(rows, pairs))


def scaling(collected: Collected) -> FirstScreen:
    """Show which numbers of workers and threads give the most pictures per second.

    Parameters
    ----------
    collected : Collected
        Measurements of one picture size.
    """
    rows = collected.rows
    pairs = _pairs(s for s in rows if s.is_ok)
    return _screen(collected, busy_sentence(rows) or workers_lead(rows), workers_cards(rows, pairs))


def _screen(collected: Collected, lead: str, cards: Iterable[Card]) -> FirstScreen:
    rows, machine = collected.rows, collected.machine
    return FirstScreen(
        lead=lead,
        machine=machine_line(machine),
        facts=facts_of(rows, machine),
        tags=state_tags(rows, state=collected.state, is_complete=collected.is_complete),
        fingerprint=machine,
        cards=list(cards),
    )


def _pairs(rows: Iterable[Summary]) -> Mapping[str, Pair]:
    """The picture before and after each operation, computed with the settings of the operation's last measurement."""
    last = {s.trial.operation: s for s in rows}
    pairs = {operation: pair_of(s) for operation, s in last.items()}
    return {operation: pair for operation, pair in pairs.items() if pair is not None}


def pair_of(row: Summary, *, beside: str = "") -> Pair | None:
    """The first photo of a measurement before and after its operation; None if the two pictures cannot be compared.

    The pictures cannot be compared if the operation fails, or if its output has another shape than the enlarged input.

    Parameters
    ----------
    beside : str
        Text to add to the label of the right picture, such as the time of the usual setting.
    """
    trial, scale = row.trial, enlargement(row.trial)
    try:
        before = _shown_input(row)
        cutout = {"output": "cutout"} if trial.resolved.get("output") == "alpha" else {}
        after = output_of(row, before, **cutout)
    except AtelierError:
        return None
    left = "photo"
    if scale > 1:
        left = "input, bicubic"
        before = imresize(before, height=after.shape[0], width=after.shape[1])
        window = most_detailed(before, side=_DETAIL_PX)
        before, after = window.cut(before), window.cut(after)
    height, width = before.shape[:2]
    if after.shape[1] == width and after.shape[0] % height == 0:
        after = after[:height]  # the output has several results, one below the other: only the first is shown
    if after.shape[:2] != before.shape[:2]:
        return None
    return Pair(before=before, after=after, left=left, right=f"{trial.backend} {_time(row)}{beside}")


def _time(row: Summary) -> str:
    return units.seconds(row.picture.value)


def _shown_input(row: Summary) -> Image:
    """The first photo, cropped to the measured size; a smaller photo is shown whole instead of mirror-tiled."""
    trial, scale = row.trial, enlargement(row.trial)
    whole = photo(trial.images[0])
    height, width = whole.shape[:2]
    if height >= trial.height * scale and width >= trial.width * scale:
        return input_of(row, trial.images[0])
    if scale == 1:
        return whole
    return degrade(whole[: height // scale * scale, : width // scale * scale], scale)
