"""Sentences for the page of super-resolution on a CPU: findings that the article lacks, advice, a surprise."""

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
    """Findings of a run that the case's article does not mention."""
    said = []
    for heading, before, after in (
        ("Reading the model once instead of for each request", "edsr_reload", "edsr"),
        ("Reading a small model once instead of for each request", "fsrcnn_reload", "fsrcnn"),
        ("Effect of a second thread", "edsr_threads_1", "edsr_threads_2"),
        ("Effect of a second thread with a small model", "fsrcnn_threads_1", "fsrcnn_threads_2"),
        ("A folder of pictures on two threads", "folder_one_thread", "folder_two_threads"),
        ("The limit on the side of a picture", "fsrcnn", "fsrcnn_limited"),
    ):
        if step := compared(run, before, after):
            said.append((heading, step.sentence))
    return [*said, *_side_limit(run), *_networks(run), *_cache(run), *_accepted(run)]


def _side_limit(run: CaseRun) -> Sequence[tuple[str, str]]:
    row, whole = _timed(run, "fsrcnn_limited"), _timed(run, "fsrcnn")
    if not row or not whole or row.worst_psnr_db is None or whole.worst_psnr_db is None:
        return []
    lost = units.decibels(whole.worst_psnr_db - row.worst_psnr_db)
    said = f"limiting the picture's side lowers its PSNR-Y against the photo by {lost} ({row.size})."
    return [("Quality lost by the side limit", said)]


def _networks(run: CaseRun) -> Sequence[tuple[str, str]]:
    """The PSNR-Y that CARN-M gains over FSRCNN in this run and in the article, and what explains the difference."""
    fsrcnn, carn_m = _timed(run, "fsrcnn"), _timed(run, "carn_m")
    if not fsrcnn or not carn_m or fsrcnn.worst_psnr_db is None or carn_m.worst_psnr_db is None:
        return []
    gap = units.decibels(carn_m.worst_psnr_db - fsrcnn.worst_psnr_db)
    article_db = published(run.case).gain_db("fsrcnn_at_edsr_size", "carn_m_at_edsr_size")
    article = "" if article_db is None else f"; the article gives {units.decibels(article_db)} more"
    said = f"CARN-M's picture has {gap} more PSNR-Y against the photo than FSRCNN's ({carn_m.size}){article}."
    return [("CARN-M compared with FSRCNN", f"{said}{_why_apart(run)}")]


def _why_apart(run: CaseRun) -> str:
    fact = partial(run.fact, "judged_alike")
    if fact("bicubic_matlab_db") is None:
        return ""

    def gains(how: str) -> str:
        bicubic = fact(f"bicubic_{how}_db")
        parts = (
            f"{words} {'gains' if (gain := fact(f'{name}_{how}_db') - bicubic) >= 0 else 'loses'} "
            f"{units.decibels(abs(gain))}"
            for name, words in (("fsrcnn", "FSRCNN_x3.pb"), ("carn_m", "CARN-M"))
        )
        return " and ".join(parts)

    return (
        " FSRCNN and CARN-M enlarge the same photo x3 and are judged by the PSNR of the luma, without "
        f"{fact('border_px')} px at each border. If the photo is shrunk with antialiasing, as in papers (bicubic "
        f"{units.decibels(fact('bicubic_matlab_db'))}), {gains('matlab')} over bicubic; if it is shrunk without "
        "antialiasing, as in the training of FSRCNN_x3.pb (bicubic "
        f"{units.decibels(fact('bicubic_opencv_db'))}), {gains('opencv')} over bicubic."
    )


def _timed(run: CaseRun, name: str) -> Any:
    return run.row(name) if run.is_timed(name) else None


def _cache(run: CaseRun) -> Sequence[tuple[str, str]]:
    fact = partial(run.fact, "hashes")
    if (pairs := fact("pairs")) is None:
        return []
    by_edit = ", ".join(f"{edit.replace('_', ' ')} {count}" for edit, count in fact("by_edit").items())
    return [
        (
            "The key of the cache of results",
            f"of {pairs} edited photos ({fact('photos')} photos), {fact('average_hits')} have the 16 x 16 "
            f"average hash of the photo before the edit ({by_edit}), so a cache with this hash as its key returns "
            f"the result of another picture. {fact('content_hits')} have the SHA-256 of the photo before the edit. "
            f"Reading, editing and hashing a pair of photos takes {units.seconds(fact('average_pair_s'))} with the "
            f"average hash and {units.seconds(fact('content_pair_s'))} with SHA-256.",
        )
    ]


def _accepted(run: CaseRun) -> Sequence[tuple[str, str]]:
    fact = partial(run.fact, "queue")
    if fact("accepted") is None:
        return []
    return [
        (
            "A queue that answers with HTTP status 202",
            f"{fact('accepted')} requests sent at once are accepted within {units.seconds(fact('answer_s'))}; "
            f"the last picture is ready after {units.seconds(fact('last_s'))}. The queue makes no picture "
            "ready earlier. These times were measured only once.",
        )
    ]


def advice(run: CaseRun) -> str:
    """Advise which procedure to use on the machine of a run."""
    said = []
    reading = factor_or_none(compared(run, "edsr_reload", "edsr"))
    if reading and reading.value > 1:
        said.append(
            f"Read the model once, not for each request: {units.ratio(reading.value)} as fast "
            f"({run.row('edsr').size})."
        )
    for names, before in ((OURS_SMALL, "fsrcnn"), (_EDSR_OURS, "edsr")):
        right = [name for name in names if run.is_timed(name) and not run.row(name).is_wrong]
        best = fastest(run, right)
        factor = factor_or_none(compared(run, before, best.name)) if best else None
        if best and factor and factor.value > 1:
            said.append(
                f"Use {best.words}, the fastest procedure whose picture agrees with the reference procedure's: "
                f"{units.ratio(factor.value)} as fast as {run.row(before).words} ({best.size})."
            )
    if run.fact("hashes", "average_hits"):
        said.append("Use SHA-256 of a picture's content as the key of the cache, not an average hash.")
    return (
        " ".join(said)
        or "no procedure on this page is clearly faster on this machine; measure the full preset."
    )


def surprise(run: CaseRun) -> str:
    """The most surprising finding of a run, in one sentence."""
    if (pairs := run.fact("hashes", "pairs")) is None:
        return "this run could not compare the hashes of edited photos."
    return (
        f"{run.fact('hashes', 'average_hits')} of {pairs} edited photos have the average hash of the photo "
        f"before the edit, so that the article's cache returns a wrong picture; "
        f"{run.fact('hashes', 'content_hits')} of them have the SHA-256 of the photo before the edit."
    )
