"""Texts for the page of super-resolution on a GPU: findings that the article does not mention, advice, a surprise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from toolkit.core import units
from toolkit.studies.cases.case_run import CaseRun
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
    if run.is_timed("printed_colours"):
        row = run.row("printed_colours")
        state = (
            "swaps red and blue, and its picture is wrong" if row.is_wrong else "gives a picture that agrees"
        )
        psnr = (
            ""
            if row.worst_psnr_db is None
            else f": {units.decibels(row.worst_psnr_db)} PSNR-Y against the photo"
        )
        said.append(
            ("Red and blue", f"the printed code reads with Pillow and writes with cv2; it {state}{psnr}.")
        )
    fact = partial(run.fact, "queue")
    if fact("accepted") is not None:
        said.append(
            (
                f"The queue of {run.settings['room']}",
                f"of {run.settings['burst']} requests at once {fact('accepted')} are accepted and "
                f"{fact('refused')} get 429, "
                f"all within {units.seconds(fact('answer_s'))}; the last picture is ready after "
                f"{units.seconds(fact('last_s'))}. Measured once.",
            )
        )
    times = run.fact("at_once", "cpu_s")
    if times:
        parts = ", ".join(f"{count}: {units.seconds(seconds)}" for count, seconds in times.items())
        said.append(
            ("Requests at once on the CPU", f"the slowest of {parts}. Measured once, so without an interval.")
        )
    return said


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
            "This machine has no graphics card: before you buy one, measure the CUDA rows on a machine with one."
        )
    if run.is_timed("printed_colours") and run.row("printed_colours").is_wrong:
        said.append("Read and write with one library, or reverse the channels between two libraries.")
    return " ".join(said)


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
