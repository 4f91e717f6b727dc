"""Sentences for the page of the art-filter case: findings that the article lacks, advice, the main surprise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from toolkit.core import units
from toolkit.studies.cases.case_run import CaseRun
from toolkit.studies.cases.requests_at_once import at_once_text
from toolkit.studies.cases.steps import compared, factor_or_none, psnr_text, step_of

REFERENCE = "ours"
"""The procedure whose pictures are right, because they agree with the same computation in float64."""
SHOWN_STYLE = "stylization"


def findings(run: CaseRun) -> Sequence[tuple[str, str]]:
    """Findings of a run that the case's article does not mention."""
    said = []
    for heading, before, after in (
        ("Effect of shrinking the photo, without other changes", "one_by_one", "shrunk_alone"),
        ("Effect of a pool of processes, without other changes", "shrunk_alone", "shrunk_warm"),
        ("A new pool of processes for each request", "shrunk_warm", "shrunk_per_request"),
    ):
        if step := compared(run, before, after):
            said.append((heading, step.sentence))
    return [*said, *_quality(run), *_start(run), *_cache(run), *_concurrent(run)]


def _start(run: CaseRun) -> Sequence[tuple[str, str]]:
    fact = partial(run.fact, "process_start")
    if (spawn_s := fact("spawn_s")) is None:
        return []
    fork_s = fact("fork_s")
    forked = "" if fork_s is None else f", and {units.seconds(fork_s)} if they are forked"
    return [
        (
            "The start of processes",
            f"{fact('workers')} processes that import OpenCV need {units.seconds(spawn_s)} if each starts a new "
            f"interpreter{forked}. If a process is forked after OpenCV used its threads, it {fact('after_opencv')} on "
            "this machine. These times were measured only once, so they have no confidence interval.",
        )
    ]


def _cache(run: CaseRun) -> Sequence[tuple[str, str]]:
    fact = partial(run.fact, "cache")
    if (held := fact("held")) is None:
        return []
    return [
        (
            f"The cache of {held}",
            f"requesting {held} photos twice gives {fact('hits_of_held')} cache hits; requesting {held + 2} photos "
            f"twice gives {fact('hits_of_two_more')}. The full cache takes {units.byte_count(fact('full_bytes'))} "
            "(computed: the bytes of each photo, which are the key, and of its four pictures).",
        )
    ]


def _quality(run: CaseRun) -> Sequence[tuple[str, str]]:
    said = []
    if run.is_timed("one_by_one") and run.row("one_by_one").is_wrong:
        row = run.row("one_by_one")
        said.append(
            (
                "A wrong picture",
                f"{row.quality} The PSNR of OpenCV's watercolour against the correct watercolour is "
                f"{psnr_text(row.psnr_db.get(SHOWN_STYLE), REFERENCE)}. OpenCV raises no error.",
            )
        )
    if run.is_timed("shrunk_warm"):
        row = run.row("shrunk_warm")
        parts = [
            f"{style.replace('_', ' ')} {psnr_text(value, REFERENCE)}" for style, value in row.psnr_db.items()
        ]
        said.append(
            (
                "What shrinking does to the picture",
                "PSNR of each style, computed on the shrunk photo and enlarged again, against the style "
                f"computed at full size: {', '.join(parts)}.",
            )
        )
    return said


def _concurrent(run: CaseRun) -> Sequence[tuple[str, str]]:
    words = {
        "one_by_one": "styles one after the other",
        "shrunk_warm": "styles of a shrunk photo in a warm pool of processes",
        "ours": "Atelier's styles at full size",
    }
    parts = []
    for name, what in words.items():
        most = run.fact("concurrency", name)
        if most is not None:
            slowest = run.fact("concurrency", f"{name}_slowest_s")
            parts.append(f"{what} {most} (slowest request by number at once: {at_once_text(slowest)})")
    if not parts:
        return []
    patience = units.seconds(run.settings["patience_s"])
    return [
        (
            "Concurrent requests",
            f"the largest number of requests that can arrive at once and all end within {patience} (numbers tried: "
            f"{run.settings['concurrent']}): {'; '.join(parts)}. Each number was tried only once, so these times "
            "have no confidence interval.",
        )
    ]


def advice(run: CaseRun) -> str:
    """Advise which procedure to use on the machine of a run."""
    said = [_full_size(run), _pool(run)]
    start = factor_or_none(compared(run, "shrunk_per_request", "shrunk_warm"))
    if start and start.value > 1:
        said.append(
            "Never start a pool of processes for each request: a pool that stays open is "
            f"{units.ratio(start.value)} as fast."
        )
    if run.is_timed("one_by_one") and run.row("one_by_one").is_wrong:
        said.append("Above 5.6 MP do not use cv2.stylization: its picture is wrong.")
    return " ".join(filter(None, said))


def _full_size(run: CaseRun) -> str:
    ours = factor_or_none(step_of(run, "ours"))
    if ours is None:
        return (
            "At full size Atelier's kernels are not clearly faster than OpenCV on this machine; measure with the "
            "full preset."
        )
    if ours.value < 1:
        return (
            "At full size Atelier's kernels are slower than OpenCV on this machine: keep OpenCV where its picture "
            "is right."
        )
    row = run.row("ours")
    return (
        f"Keep the full size and call apply_styles: it takes {units.seconds(row.time.value)} in one process for a "
        f"photo of {row.size}, and its pictures are right."
    )


def _pool(run: CaseRun) -> str:
    pool = compared(run, "shrunk_alone", "shrunk_warm")
    if pool is None:
        return ""
    factor = factor_or_none(pool)
    if factor is None:
        return (
            "Where a small picture is enough, shrink the photo first; a pool of processes was not clearly faster "
            "on this machine."
        )
    if factor.value < 1:
        return (
            "Where a small picture is enough, shrink the photo first and use no pool of processes: a pool is slower "
            "on this machine."
        )
    return "Where a small picture is enough, shrink the photo first and keep a pool of processes running."


def surprise(run: CaseRun) -> str:
    """The most surprising finding of a run, in one or two sentences."""
    if run.is_timed("one_by_one") and run.row("one_by_one").is_wrong:
        row = run.row("one_by_one")
        db = psnr_text(row.psnr_db.get(SHOWN_STYLE), REFERENCE)
        return f"{row.quality} OpenCV raises no error; the PSNR of its watercolour against the correct one is {db}."
    pool = compared(run, "shrunk_alone", "shrunk_per_request")
    if pool is None:
        return "the procedure that starts a pool of processes for each request was not timed on this machine."
    return pool.sentence
