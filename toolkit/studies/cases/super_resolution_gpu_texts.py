"""Texts for the page of super-resolution on a GPU: findings that the article does not mention, advice, a surprise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from toolkit.core import units
from toolkit.studies.cases.case_run import CaseRun
from toolkit.studies.cases.requests_at_once import at_once_text
from toolkit.studies.cases.steps import compared, factor_or_none


def findings(run: CaseRun) -> Sequence[tuple[str, str]]:
    """What the article does not say."""
    said = []
    for heading, before, after in (
        ("Reading the model, on the CPU", "cpu_reload", "cpu"),
        ("Reading the model, on the card", "cuda_reload", "cuda"),
        ("The card alone", "cpu", "cuda"),
        ("The side limit", "cpu", "cpu_limited"),
    ):
        if step := compared(run, before, after):
            said.append((heading, step.sentence))
    return [*said, *_card(run), *_colours(run), *_queue(run), *_at_once(run)]


def _card(run: CaseRun) -> Sequence[tuple[str, str]]:
    """Memory and use of the card, where the run has them."""
    rows = [row for row in run.rows if row.is_timed and row.card_bytes is not None]
    parts = [
        f"{row.words} {units.byte_count(row.card_bytes)}"
        + ("" if row.card_busy_percent is None else f" and {row.card_busy_percent} % of the time busy")
        for row in rows
    ]
    return [("Memory and use of the card", f"{'; '.join(parts)}.")] if parts else []


def _colours(run: CaseRun) -> Sequence[tuple[str, str]]:
    if not run.is_timed("printed_colours"):
        return []
    row = run.row("printed_colours")
    state = "swaps red and blue, and its picture is wrong" if row.is_wrong else "gives a picture that agrees"
    db = row.worst_psnr_db
    psnr = "" if db is None else f": {units.decibels(db)} PSNR-Y against the photo"
    return [("Red and blue", f"the printed code reads with Pillow and writes with cv2; it {state}{psnr}.")]


def _queue(run: CaseRun) -> Sequence[tuple[str, str]]:
    fact = partial(run.fact, "queue")
    if fact("accepted") is None:
        return []
    return [
        (
            f"The queue of {run.settings['room']}",
            f"of {run.settings['burst']} requests at once {fact('accepted')} are accepted and {fact('refused')} get "
            f"429, all within {units.seconds(fact('answer_s'))}; the last picture is ready after "
            f"{units.seconds(fact('last_s'))}. Measured once.",
        )
    ]


def _at_once(run: CaseRun) -> Sequence[tuple[str, str]]:
    fact = partial(run.fact, "at_once")
    words = {
        "cpu_reload": "on the CPU with the model read for each",
        "cpu": "on the CPU with the model read once",
        "cuda_reload": "on the card with the model read for each",
        "cuda": "on the card with the model read once",
    }
    parts = [
        f"{what} {fact(name)} (slowest of {at_once_text(slowest)})"
        for name, what in words.items()
        if (slowest := fact(f"{name}_slowest_s"))
    ]
    if parts:
        patience = units.seconds(run.settings["patience_s"])
        said = f"the most that arrive at once and all end within {patience}: {'; '.join(parts)}"
        return [("Requests at once", f"{said}. Measured once, so without an interval.")]
    if times := fact("cpu_s"):  # a run that an earlier version stored
        return [("Requests at once on the CPU", f"the slowest of {at_once_text(times)}. Measured once.")]
    return []


def advice(run: CaseRun) -> str:
    """The paragraph "Do this" for this machine."""
    said = []
    for before, after in (("cuda_reload", "cuda"), ("cpu_reload", "cpu")):
        reading = factor_or_none(compared(run, before, after))
        if reading and reading.value > 1:
            row = run.row(after)
            said.append(
                f"Read the model once: {units.ratio(reading.value)} as fast ({row.words}, {row.size})."
            )
            break
    if not run.is_timed("cuda"):
        said.append(
            "No CUDA row has a time here: before you buy a card, measure these rows on a machine with one."
        )
    if run.is_timed("printed_colours") and run.row("printed_colours").is_wrong:
        said.append("Read and write with one library, or reverse the channels between two libraries.")
    return " ".join(said) or "no step of this page has a verdict on this machine; measure the full preset."


def surprise(run: CaseRun) -> str:
    """The most surprising finding in one sentence."""
    if not run.is_timed("printed_colours"):
        return "this run did not time the handler as printed."
    row = run.row("printed_colours")
    if row.is_wrong:
        return (
            "the printed code swaps red and blue: Pillow reads red first, cv2 writes blue first, and no "
            "error is raised."
        )
    return "the code as printed makes a picture that agrees on this machine."
