"""Sentences for the page of super-resolution on a GPU: findings that the article lacks, advice, a surprise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from toolkit.core import units
from toolkit.studies.cases.case_run import CaseRun
from toolkit.studies.cases.requests_at_once import at_once_text
from toolkit.studies.cases.steps import compared, factor_or_none


def findings(run: CaseRun) -> Sequence[tuple[str, str]]:
    """Findings of a run that the case's article does not mention."""
    said = []
    for heading, before, after in (
        ("Reading the model once instead of for each request, on the CPU", "cpu_reload", "cpu"),
        ("Reading the model once instead of for each request, on the graphics card", "cuda_reload", "cuda"),
        ("The graphics card instead of the CPU", "cpu", "cuda"),
        ("The limit on the side of a picture", "cpu", "cpu_limited"),
    ):
        if step := compared(run, before, after):
            said.append((heading, step.sentence))
    return [*said, *_card(run), *_colours(run), *_queue(run), *_at_once(run)]


def _card(run: CaseRun) -> Sequence[tuple[str, str]]:
    """Memory and use of the graphics card by each procedure for which the run sampled them."""
    rows = [row for row in run.rows if row.is_timed and row.card_bytes is not None]
    parts = [
        f"{row.words} {units.byte_count(row.card_bytes)}"
        + ("" if row.card_busy_percent is None else f" and {row.card_busy_percent} % of the time busy")
        for row in rows
    ]
    return [("Memory and use of the graphics card", f"{'; '.join(parts)}.")] if parts else []


def _colours(run: CaseRun) -> Sequence[tuple[str, str]]:
    if not run.is_timed("printed_colours"):
        return []
    row = run.row("printed_colours")
    agrees = "makes a picture that agrees with the picture of the reference procedure"
    state = "swaps red and blue, so its picture is wrong" if row.is_wrong else agrees
    db = row.worst_psnr_db
    psnr = "" if db is None else f" (its PSNR-Y against the photo is {units.decibels(db)})"
    said = f"the article's code reads pictures with Pillow and writes them with cv2; this code {state}{psnr}."
    return [("The red and the blue channel", said)]


def _queue(run: CaseRun) -> Sequence[tuple[str, str]]:
    fact = partial(run.fact, "queue")
    if fact("accepted") is None:
        return []
    return [
        (
            f"A queue for {run.settings['room']} requests",
            f"of {run.settings['burst']} requests sent at once, {fact('accepted')} are accepted and "
            f"{fact('refused')} are refused with HTTP status 429; every request has its answer within "
            f"{units.seconds(fact('answer_s'))}, and the last picture is ready after "
            f"{units.seconds(fact('last_s'))}. These times were measured only once.",
        )
    ]


def _at_once(run: CaseRun) -> Sequence[tuple[str, str]]:
    fact = partial(run.fact, "at_once")
    words = {
        "cpu_reload": "on the CPU with the model read for each request",
        "cpu": "on the CPU with the model read once",
        "cuda_reload": "on the graphics card with the model read for each request",
        "cuda": "on the graphics card with the model read once",
    }
    parts = [
        f"{what} {fact(name)} (slowest request by number at once: {at_once_text(slowest)})"
        for name, what in words.items()
        if (slowest := fact(f"{name}_slowest_s"))
    ]
    if parts:
        patience = units.seconds(run.settings["patience_s"])
        said = f"the largest number of requests that can arrive at once and all end within {patience}: "
        once = "Each number was tried only once, so these times have no confidence interval."
        return [("Largest number of requests at once", f"{said}{'; '.join(parts)}. {once}")]
    if times := fact("cpu_s"):  # a run that an earlier version of Atelier stored
        said = f"slowest request by number at once: {at_once_text(times)}. Each time was measured only once."
        return [("Requests at once on the CPU", said)]
    return []


def advice(run: CaseRun) -> str:
    """Advise which procedure to use on the machine of a run."""
    said = []
    for before, after in (("cuda_reload", "cuda"), ("cpu_reload", "cpu")):
        reading = factor_or_none(compared(run, before, after))
        if reading and reading.value > 1:
            row = run.row(after)
            said.append(
                f"Read the model once, not for each request: {units.ratio(reading.value)} as fast "
                f"({row.words}, {row.size})."
            )
            break
    if not run.is_timed("cuda"):
        said.append(
            "No procedure on CUDA was timed on this machine: before you buy a graphics card, measure these "
            "procedures on a machine with a graphics card."
        )
    if run.is_timed("printed_colours") and run.row("printed_colours").is_wrong:
        said.append(
            "Read and write a picture with the same library, or reverse the colour channels between the two libraries."
        )
    return (
        " ".join(said)
        or "no procedure on this page is clearly faster on this machine; measure the full preset."
    )


def surprise(run: CaseRun) -> str:
    """The most surprising finding of a run, in one sentence."""
    if not run.is_timed("printed_colours"):
        return "this run did not time the request handler that the article prints."
    row = run.row("printed_colours")
    if row.is_wrong:
        return (
            "the article's code swaps red and blue: Pillow reads the red channel first, cv2 expects the blue "
            "channel first, and no error is raised."
        )
    return "on this machine, the picture of the article's code agrees with the picture of the reference procedure."
