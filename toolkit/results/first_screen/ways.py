"""The first screen of a report that compares settings: the recommended backend and settings for each operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from toolkit.core import units
from toolkit.results.first_screen.screen import Card, Pair
from toolkit.results.first_screen.words import noun_of, range_text, title_of
from toolkit.results.rows.quality_metrics import Metric, metrics_of, quality_of
from toolkit.results.sentences.answer import Answer, faster_text
from toolkit.results.sentences.phrases import joined


def way_cards(answers: Sequence[Answer], pairs: Mapping[str, Pair]) -> list[Card]:
    """A card for each answer; on a busy machine a card shows the time without a recommendation.

    Parameters
    ----------
    answers : sequence of Answer
        The recommended backend and settings of each operation.
    pairs : mapping of `Answer.operation` to Pair
        For each operation, a picture before and after the operation, which the card shows.
    """
    titles = _short_titles([title_of(answer.row) for answer in answers])
    return [
        _card(answer, title, pairs.get(answer.operation))
        for answer, title in zip(answers, titles, strict=True)
    ]


def way_lead(answers: Sequence[Answer]) -> str:
    """One sentence that recommends a backend for each operation that was measured on a quiet machine."""
    busy = [answer for answer in answers if answer.is_right and answer.is_busy]
    if busy:
        rest = [answer for answer in answers if answer not in busy]
        names = joined([noun_of(answer.row) for answer in busy])
        said = (
            f"Nothing is recommended for {names}, because the machine was busy during all these measurements."
        )
        return f"{way_lead(rest)} {said}" if rest else said
    right = [answer for answer in answers if answer.is_right]
    if not right:
        return (
            "**No backend made a right picture.** The table below says what is wrong with each picture."
            if answers
            else "Nothing was measured."
        )
    backends = {answer.row.trial.backend for answer in right}
    every = "every operation" if len(right) > 1 else noun_of(right[0].row)
    if len(backends) == 1:
        said = f"Take **{backends.pop()}** for {every}"
    else:
        said = f"Take {_by_backend(right)}"
    return f"{said}{_against_usual(right)}. {_quality(right) or _cost(right)}"


def _against_usual(right: Sequence[Answer]) -> str:
    """The end of the recommendation: how much faster the recommended backends are than the usual setting."""
    faster = [answer for answer in right if answer.is_faster]
    # A speed-up is claimed only with an interval of the ratio; rows that were not measured in turns have no interval.
    is_compared = all(a.speedup is not None and a.speedup.has_interval for a in right if a.usual)
    if len(faster) == len(right) and len({a.usual.trial.backend for a in faster if a.usual}) == 1:
        factors = [a.speedup.value for a in faster if a.speedup]
        usual = next(a.usual for a in faster if a.usual).trial.backend
        return f": **{range_text(factors)} times faster than {usual}**"
    if faster:
        names = ", ".join(
            f"{units.number(a.speedup.value, digits=2)} times for {noun_of(a.row)}"
            for a in faster
            if a.speedup
        )
        rest = "no difference seen" if is_compared else "not compared"
        return f": **faster than the usual setting by {names}**; {rest} for other operations"
    if not is_compared:
        return ": **not sure**, because the usual setting and the fastest setting were not measured in turns"
    is_choice = all(answer.n_ways > 1 for answer in right)
    return ": **no difference seen** from the time of the usual setting" if is_choice else ""


def _by_backend(right: Sequence[Answer]) -> str:
    groups: dict[str, list[str]] = {}
    for answer in right:
        groups.setdefault(answer.row.trial.backend, []).append(noun_of(answer.row))
    return "; ".join(f"**{backend}** for {' and '.join(names)}" for backend, names in groups.items())


def _cost(right: Sequence[Answer]) -> str:
    """A sentence with the time of all operations together, or with the shortest and the longest time."""
    if len({answer.size for answer in right}) > 1 or len(right) == 1:
        return f"{title_of(right[0].row)} takes {right[0].time} at {right[0].size}."
    usual = [answer.usual for answer in right]
    if all(answer.is_faster for answer in right):
        now, before = (sum(s.picture.value for s in rows if s) for rows in ([a.row for a in right], usual))
        return (
            f"All {len(right)} operations at {right[0].size} take {units.seconds(now)} instead of "
            f"{units.seconds(before)}."
        )
    order = sorted(right, key=lambda answer: answer.row.picture.value)
    return (
        f"At {right[0].size} a picture takes {order[0].time} ({noun_of(order[0].row)}) to "
        f"{order[-1].time} ({noun_of(order[-1].row)})."
    )


def _quality(right: Sequence[Answer]) -> str:
    """A sentence on the model with the best picture and the fastest model; empty without a ground truth."""
    metric = _main_metric(right)
    judged = [(quality_of(a.row, metric), a) for a in right] if metric else []
    known = [(value, answer) for value, answer in judged if value is not None]
    if metric is None or len(known) < 2:
        return ""
    best = (max if metric.is_higher_better else min)(known, key=lambda pair: pair[0])
    quickest = min(known, key=lambda pair: pair[1].row.picture.value)
    said = [f"{title_of(a.row)} in {a.time} ({metric.text(value)})" for value, a in (best, quickest)]
    if best is quickest:
        return f"The best picture also takes the least time: {said[0]}."
    return f"Best picture: {said[0]}; least time: {said[1]}."


def _main_metric(right: Sequence[Answer]) -> Metric | None:
    return next((metric for metric in metrics_of(a.row for a in right) if metric.is_main), None)


def _short_titles(titles: Sequence[str]) -> list[str]:
    """Titles without the settings that all titles share, if there are several titles.

    >>> _short_titles(["Matting prisma output=alpha", "Matting selfie output=alpha"])
    ['Matting prisma', 'Matting selfie']
    """
    if len(titles) < 2:
        return list(titles)
    shared = set[str].intersection(*(set(title.split()) for title in titles))
    return [" ".join(w for w in title.split() if "=" not in w or w not in shared) for title in titles]


def _card(answer: Answer, title: str, pair: Pair | None) -> Card:
    figures = [(answer.time, f"at {', '.join(filter(None, [answer.size, answer.memory]))}")]
    if answer.speedup is not None:
        number, _, rest = faster_text(answer.speedup).partition(" x ")
        word, _, ends = rest.partition(" ")
        words = f"{word} than {answer.usual_way} {ends}".strip()
        if not answer.is_certain_ratio:
            words = f"the speed of {answer.usual_way} {ends}: no difference seen"
        figures.insert(0, (f"{number} x", words))
    metric = _main_metric([answer])
    if metric is not None and (value := quality_of(answer.row, metric)) is not None:
        figures.append(
            (f"{metric.number(value)} {metric.unit}".strip(), f"{metric.header} against the ground truth")
        )
    before = f" · {answer.usual_way}: {units.seconds(answer.usual.picture.value)}" if answer.usual else ""
    certainty = "Sure" if answer.is_sure else "Less sure"
    return Card(
        title=title,
        name=answer.row.trial.operation,
        take=answer.take,
        verb="Measured" if answer.is_busy or answer.n_ways < 2 else "Take",
        figures=figures,
        right=answer.right_why[0].upper() + answer.right_why[1:] + ".",
        is_right=answer.is_right,
        sure=f"{certainty}: {answer.why}{before}",
        is_sure=answer.is_sure,
        pair=pair,
    )
