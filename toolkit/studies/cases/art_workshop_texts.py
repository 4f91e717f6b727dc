"""What the page of the art workshop says: what the article does not say, what to do, what surprises."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from toolkit.core import units
from toolkit.studies.cases.case_run import CaseRun
from toolkit.studies.cases.requests_at_once import at_once_text
from toolkit.studies.cases.steps import compared, factor_or_none, psnr_text, step_of

REFERENCE = "ours"
"""The procedure whose pictures are right, as they agree with the float64 reference."""
SHOWN_STYLE = "stylization"


def findings(run: CaseRun) -> Sequence[tuple[str, str]]:
    """What the article does not say."""
    said = []
    for heading, before, after in (
        ("The shrinking alone", "one_by_one", "shrunk_alone"),
        ("The processes alone", "shrunk_alone", "shrunk_warm"),
        ("A new pool for each request", "shrunk_warm", "shrunk_per_request"),
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
            "this machine. Measured once, so without an interval.",
        )
    ]


def _cache(run: CaseRun) -> Sequence[tuple[str, str]]:
    fact = partial(run.fact, "cache")
    if (held := fact("held")) is None:
        return []
    return [
        (
            f"The cache of {held}",
            f"two rounds of requests for {held} photos give {fact('hits_of_held')} hits, for {held + 2} photos "
            f"{fact('hits_of_two_more')}. The full cache holds {units.byte_count(fact('full_bytes'))} (computed: each "
            "photo as a key, and its four pictures).",
        )
    ]


def _quality(run: CaseRun) -> Sequence[tuple[str, str]]:
    said = []
    if run.is_timed("one_by_one") and run.row("one_by_one").is_wrong:
        row = run.row("one_by_one")
        said.append(
            (
                "A wrong picture",
                f"{row.quality} PSNR of its watercolour against the right one: "
                f"{psnr_text(row.psnr_db.get(SHOWN_STYLE), REFERENCE)}. No error is raised.",
            )
        )
    if run.is_timed("shrunk_warm"):
        row = run.row("shrunk_warm")
        parts = [
            f"{style.replace('_', ' ')} {psnr_text(value, REFERENCE)}" for style, value in row.psnr_db.items()
        ]
        said.append(
            ("What shrinking does to the picture", f"against full size, resized back: {', '.join(parts)}.")
        )
    return said


def _concurrent(run: CaseRun) -> Sequence[tuple[str, str]]:
    words = {
        "one_by_one": "one after the other",
        "shrunk_warm": "shrunk in a warm pool",
        "ours": "ours at full size",
    }
    parts = []
    for name, what in words.items():
        most = run.fact("concurrency", name)
        if most is not None:
            slowest = run.fact("concurrency", f"{name}_slowest_s")
            parts.append(f"{what} {most} (slowest of {at_once_text(slowest)})")
    if not parts:
        return []
    patience = units.seconds(run.settings["patience_s"])
    return [
        (
            "Concurrent requests",
            f"largest number that arrive at once and all end within {patience} (tried: {run.settings['concurrent']}): "
            f"{'; '.join(parts)}. Measured once, so without an interval.",
        )
    ]


def advice(run: CaseRun) -> str:
    """What to do on this machine."""
    said = [_full_size(run), _pool(run)]
    start = factor_or_none(compared(run, "shrunk_per_request", "shrunk_warm"))
    if start and start.value > 1:
        said.append(f"Never start the pool for a request: a warm one is {units.ratio(start.value)} as fast.")
    if run.is_timed("one_by_one") and run.row("one_by_one").is_wrong:
        said.append("Above 5.6 MP do not use cv2.stylization: its picture is wrong.")
    return " ".join(filter(None, said))


def _full_size(run: CaseRun) -> str:
    ours = factor_or_none(step_of(run, "ours"))
    if ours is None:
        return "At full size Atelier's kernels are not clearly faster here; measure with the full preset."
    if ours.value < 1:
        return "Atelier's kernels are slower at full size here: keep OpenCV where its picture is right."
    row = run.row("ours")
    return (
        f"Keep the full size and call apply_styles: one process, {units.seconds(row.time.value)} a photo of "
        f"{row.size}, and the pictures are right."
    )


def _pool(run: CaseRun) -> str:
    pool = compared(run, "shrunk_alone", "shrunk_warm")
    if pool is None:
        return ""
    factor = factor_or_none(pool)
    if factor is None:
        return (
            "Where a small picture is enough, shrink first; no gain from a pool of processes was seen here."
        )
    if factor.value < 1:
        return (
            "Where a small picture is enough, shrink first, without a pool of processes: it is slower here."
        )
    return "Where a small picture is enough, shrink first and keep a pool of processes warm."


def surprise(run: CaseRun) -> str:
    """The finding that surprises most."""
    if run.is_timed("one_by_one") and run.row("one_by_one").is_wrong:
        row = run.row("one_by_one")
        db = psnr_text(row.psnr_db.get(SHOWN_STYLE), REFERENCE)
        return f"{row.quality} No error is raised; the watercolour is {db} from the right one."
    pool = compared(run, "shrunk_alone", "shrunk_per_request")
    return "the procedure with a pool has no time here." if pool is None else pool.sentence
