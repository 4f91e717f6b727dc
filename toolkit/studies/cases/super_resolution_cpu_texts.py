"""Texts for the page of super-resolution on a CPU: findings that the article does not mention, advice, a surprise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from toolkit.core import units
from toolkit.studies.cases.case_run import CaseRun
from toolkit.studies.cases.published_figures import published
from toolkit.studies.cases.steps import compared, factor_or_none, fastest

OURS_SMALL = ("ours_openvino", "ours_onnxruntime")
_EDSR_OURS = ("edsr_openvino", "edsr_torch")


def findings(run: CaseRun) -> Sequence[tuple[str, str]]:
    """Findings that the article does not mention."""
    said = []
    for heading, before, after in (
        ("Reading the model", "edsr_reload", "edsr"),
        ("Reading a small model", "fsrcnn_reload", "fsrcnn"),
        ("A second thread", "edsr_threads_1", "edsr_threads_2"),
        ("A second thread, small model", "fsrcnn_threads_1", "fsrcnn_threads_2"),
        ("Two threads over a folder", "folder_one_thread", "folder_two_threads"),
        ("The side limit", "fsrcnn", "fsrcnn_limited"),
    ):
        if step := compared(run, before, after):
            said.append((heading, step.sentence))
    if (row := _timed(run, "fsrcnn_limited")) and (whole := _timed(run, "fsrcnn")):
        if row.worst_psnr_db is not None and whole.worst_psnr_db is not None:
            lost = units.decibels(whole.worst_psnr_db - row.worst_psnr_db)
            said.append(
                ("Quality lost by the side limit", f"{lost} of PSNR-Y against the photo ({row.size}).")
            )
    if (small_row := _timed(run, "fsrcnn")) and (large := _timed(run, "carn_m")):
        if small_row.worst_psnr_db is not None and large.worst_psnr_db is not None:
            gained = units.decibels(large.worst_psnr_db - small_row.worst_psnr_db)
            article_db = published(run.case).gain_db("fsrcnn_at_edsr_size", "carn_m_at_edsr_size")
            article = "" if article_db is None else f"; the article has {units.decibels(article_db)}"
            said.append(("CARN-M against FSRCNN", f"{gained} of PSNR-Y more ({large.size}){article}."))
    return [*said, *_cache(run), *_accepted(run)]


def _timed(run: CaseRun, name: str) -> Any:
    return run.row(name) if run.is_timed(name) else None


def _cache(run: CaseRun) -> Sequence[tuple[str, str]]:
    fact = partial(run.fact, "hashes")
    if (pairs := fact("pairs")) is None:
        return []
    by_edit = ", ".join(f"{edit.replace('_', ' ')} {count}" for edit, count in fact("by_edit").items())
    return [
        (
            "The key of the cache",
            f"of {pairs} edited photos ({fact('photos')} photos), {fact('average_hits')} have the 16 x 16 "
            f"average hash of the "
            f"photo before the edit ({by_edit}): the cache returns the result of another picture. SHA-256 "
            f"of the content "
            f"confuses {fact('content_hits')}. Reading, editing and hashing a pair takes "
            f"{units.seconds(fact('average_pair_s'))} with the average hash and "
            f"{units.seconds(fact('content_pair_s'))} "
            "with SHA-256.",
        )
    ]


def _accepted(run: CaseRun) -> Sequence[tuple[str, str]]:
    fact = partial(run.fact, "queue")
    if fact("accepted") is None:
        return []
    return [
        (
            "The queue that answers 202",
            f"{fact('accepted')} requests at once are accepted within {units.seconds(fact('answer_s'))}; "
            f"the last picture "
            f"is ready after {units.seconds(fact('last_s'))}. No picture is ready earlier because of the "
            "queue. Measured once.",
        )
    ]


def advice(run: CaseRun) -> str:
    """The paragraph "Do this" for this machine."""
    said = []
    reading = factor_or_none(compared(run, "edsr_reload", "edsr"))
    if reading and reading.value > 1:
        said.append(f"Read the model once: {units.ratio(reading.value)} as fast ({run.row('edsr').size}).")
    for names, before in ((OURS_SMALL, "fsrcnn"), (_EDSR_OURS, "edsr")):
        right = [name for name in names if run.is_timed(name) and not run.row(name).is_wrong]
        best = fastest(run, right)
        factor = factor_or_none(compared(run, before, best.name)) if best else None
        if best and factor and factor.value > 1:
            said.append(
                f"Take {best.words}, the fastest whose picture agrees: "
                f"{units.ratio(factor.value)} as fast ({best.size})."
            )
    if run.fact("hashes", "average_hits"):
        said.append("Key the cache by the content, not by an average hash.")
    return (
        " ".join(said) or "no step on this page is clearly faster on this machine; measure the full preset."
    )


def surprise(run: CaseRun) -> str:
    """The most surprising finding in one sentence."""
    if (pairs := run.fact("hashes", "pairs")) is None:
        return "this run could not compare the hashes of edited photos."
    return (
        f"{run.fact('hashes', 'average_hits')} of {pairs} edited photos have the average hash of the photo "
        f"before the edit, so that the article's cache returns a wrong picture; with SHA-256 the number is "
        f"{run.fact('hashes', 'content_hits')}."
    )
