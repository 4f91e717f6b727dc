"""Case 1: an art-filter service that stalls on 12 MP photos; shrinking, processes, a cache and a low-power mode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from toolkit.contracts.operation import OPERATIONS
from toolkit.core import units
from toolkit.images.image import Image
from toolkit.images.similarity import difference
from toolkit.results.pictures.windows import Window
from toolkit.studies.cases import art_probes, art_procedures
from toolkit.studies.cases.case import Case, Judged, Pictures
from toolkit.studies.cases.case_run import CaseRun
from toolkit.studies.cases.photos_of_case import size_text
from toolkit.studies.cases.printed_code import PrintedCode, array_through_lru_cache
from toolkit.studies.cases.procedure import EXPLAINS, OURS, Probe, Procedure, Settings
from toolkit.studies.cases.steps import compared, factor_or_none, psnr_text, step_of

_REFERENCE = "ours"
_SHOWN_STYLE = "stylization"
_CROP_PX = 300
_SHRUNKEN = ("shrunk_alone", "shrunk_per_request", "shrunk_warm")


def _small_text(settings: Settings) -> str:
    return f"{size_text(settings)} shrunk to {units.pixel_count(settings['shrink_px'])}"


def _judge(settings: Settings, pictures: Pictures) -> Mapping[str, Judged]:
    """Compare each style with Atelier's at full size, which agrees with the float64 reference.

    A smaller picture is enlarged to full size first.
    """
    wrong = OPERATIONS["styles"].wrong_because(
        "opencv", settings["height"], settings["width"], OPERATIONS["styles"].resolve({})
    )
    found = {}
    for name, drawn in pictures.items():
        psnr_db = {style: _psnr_db(picture, pictures[_REFERENCE][style]) for style, picture in drawn.items()}
        if name == _REFERENCE:
            found[name] = Judged(words="right: the reference of the other procedures")
        elif name in _SHRUNKEN:
            found[name] = Judged(
                psnr_db, "another picture, because it was shrunk; shown enlarged to full size"
            )
        else:
            is_wrong = bool(wrong) and _SHOWN_STYLE in drawn
            found[name] = Judged(psnr_db, wrong if is_wrong else "right at this size", is_wrong)
    return found


def _psnr_db(picture: Image, reference: Image) -> float | None:
    return difference(_as_large(picture, reference), reference).psnr_db


def _as_large(picture: Image, reference: Image) -> Image:
    import cv2

    if picture.shape == reference.shape:
        return picture
    return cv2.resize(picture, reference.shape[1::-1], interpolation=cv2.INTER_CUBIC)


def _shown(settings: Settings, pictures: Pictures, run: CaseRun) -> Mapping[str, Image]:
    """The same part of each step's watercolour, from the bottom of the picture, where OpenCV's index overflows."""
    height, width = settings["height"], settings["width"]
    side = min(_CROP_PX, height, width)
    window = Window(left=(width - side) // 2, top=max(0, round(0.9 * height) - side), side=side)
    shown = {}
    for name, what in (
        ("one_by_one", "OpenCV at full size"),
        ("shrunk_warm", "OpenCV shrunk, resized back"),
        ("ours", "ours at full size"),
    ):
        if name in pictures and _SHOWN_STYLE in pictures[name]:
            row, whole = (
                run.row(name),
                _as_large(pictures[name][_SHOWN_STYLE], pictures[_REFERENCE][_SHOWN_STYLE]),
            )
            quality = (
                "the reference"
                if name == _REFERENCE
                else psnr_text(row.psnr_db.get(_SHOWN_STYLE), _REFERENCE)
            )
            shown[f"{what}\n{quality}{', wrong' if row.is_wrong else ''}"] = window.cut(whole)
    return shown


def _findings(run: CaseRun) -> Sequence[tuple[str, str]]:
    said = []
    for heading, before, after in (
        ("The shrinking alone", "one_by_one", "shrunk_alone"),
        ("The processes alone", "shrunk_alone", "shrunk_warm"),
        ("A new pool for each request", "shrunk_warm", "shrunk_per_request"),
    ):
        if step := compared(run, before, after):
            said.append((heading, step.sentence))
    said += _quality(run)
    if (spawn_s := run.fact("process_start", "spawn_s")) is not None:
        fork_s = run.fact("process_start", "fork_s")
        forked = "" if fork_s is None else f", and {units.seconds(fork_s)} if they are forked"
        said.append(
            (
                "The start of processes",
                f"{run.fact('process_start', 'workers')} processes that import OpenCV need {units.seconds(spawn_s)} "
                f"if each starts a new interpreter{forked}. If a process is forked after OpenCV used its threads, "
                f"it {run.fact('process_start', 'after_opencv')} on this machine.",
            )
        )
    if (held := run.fact("cache", "held")) is not None:
        said.append(
            (
                f"The cache of {held}",
                f"two rounds of requests for {held} photos give {run.fact('cache', 'hits_of_held')} hits, for "
                f"{held + 2} photos {run.fact('cache', 'hits_of_two_more')}. The full cache holds "
                f"{units.byte_count(run.fact('cache', 'full_bytes'))} (computed: each photo as a key, "
                f"and its four pictures).",
            )
        )
    return [*said, *_concurrent(run)]


def _quality(run: CaseRun) -> Sequence[tuple[str, str]]:
    said = []
    if run.is_timed("one_by_one") and run.row("one_by_one").is_wrong:
        row = run.row("one_by_one")
        said.append(
            (
                "A wrong picture",
                f"{row.quality} PSNR of its watercolour against the right one: "
                f"{psnr_text(row.psnr_db.get(_SHOWN_STYLE), _REFERENCE)}. No error is raised.",
            )
        )
    if run.is_timed("shrunk_warm"):
        row = run.row("shrunk_warm")
        parts = [
            f"{style.replace('_', ' ')} {psnr_text(value, _REFERENCE)}"
            for style, value in row.psnr_db.items()
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
            times = ", ".join(f"{count}: {units.seconds(s)}" for count, s in slowest.items())
            parts.append(f"{what} {most} (slowest of {times})")
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


def _advice(run: CaseRun) -> str:
    ours, after = step_of(run, "ours"), step_of(run, "shrunk_per_request")
    said = []
    if factor := factor_or_none(ours):
        if factor.value > 1:
            said.append(
                f"Keep the full size and call apply_styles: one process, {units.seconds(run.row('ours').time.value)} a "
                f"photo of {run.row('ours').size}, and the pictures are right."
            )
    else:
        said.append(
            "At full size Atelier's kernels are not clearly faster on this machine; measure with the full preset."
        )
    pool = compared(run, "shrunk_alone", "shrunk_warm")
    factor = factor_or_none(pool)
    if factor and factor.value > 1:
        said.append("Where a small picture is enough, shrink first and keep a pool of processes warm.")
    elif pool:
        said.append(
            "Where a small picture is enough, shrink first; a pool of processes adds no speed on this machine."
        )
    start = factor_or_none(compared(run, "shrunk_per_request", "shrunk_warm"))
    if after and start and start.value > 1:
        said.append(f"Never start the pool for a request: a warm one is {units.ratio(start.value)} as fast.")
    if run.is_timed("one_by_one") and run.row("one_by_one").is_wrong:
        said.append("Above 5.6 MP do not use cv2.stylization: its picture is wrong.")
    return " ".join(said)


def _surprise(run: CaseRun) -> str:
    pool = compared(run, "shrunk_alone", "shrunk_per_request")
    if pool is None:
        return "the procedure with a warm pool has no time here."
    if run.is_timed("one_by_one") and run.row("one_by_one").is_wrong:
        return f"{run.row('one_by_one').quality} {pool.sentence}"
    return pool.sentence


CASE = Case(
    name="1_art_workshop",
    title="An art-filter service that stalls on 12 MP photos",
    procedures=(
        Procedure(
            name="one_by_one",
            words="all four styles at full size, one after the other",
            opened=art_procedures.one_by_one,
            size=size_text,
        ),
        Procedure(
            name="shrunk_per_request",
            words="shrink, then one process for each style, started for each request",
            opened=art_procedures.shrunk_per_request,
            against="one_by_one",
            size=_small_text,
        ),
        Procedure(
            name="shrunk_warm",
            words="shrink, then one process for each style; the processes stay alive",
            opened=art_procedures.shrunk_warm,
            against="one_by_one",
            size=_small_text,
        ),
        Procedure(
            name="shrunk_alone",
            words="shrink, then all styles one after the other in one process",
            opened=art_procedures.shrunk_alone,
            origin=EXPLAINS,
            against="one_by_one",
            size=_small_text,
        ),
        Procedure(
            name="low_power",
            words="low-power mode: three styles at full size, no oil painting",
            opened=art_procedures.without_oil,
            against="one_by_one",
            size=size_text,
        ),
        Procedure(
            name="cached",
            words=f"a hit in the cache of {art_procedures.CACHED} pictures",
            opened=art_procedures.cached,
            against="one_by_one",
            size=size_text,
        ),
        Procedure(
            name="ours",
            words="ours: four styles at full size in one process",
            opened=art_procedures.ours,
            origin=OURS,
            against="one_by_one",
            size=size_text,
        ),
    ),
    probes=(
        Probe(
            name="concurrency",
            words="concurrent requests, in growing numbers until one takes too long",
            take=art_probes.concurrency,
        ),
        Probe(name="process_start", words="the time to start processes", take=art_probes.process_start),
        Probe(name="cache", words="hits of the cache of pictures", take=art_probes.cache_hits),
    ),
    printed=(
        PrintedCode(
            what="A lambda mapped over a process pool",
            code="""
from concurrent.futures import ProcessPoolExecutor
import numpy as np

if __name__ == "__main__":
    photo = np.zeros((30, 40, 3), np.uint8)
    with ProcessPoolExecutor(4) as pool:
        print(list(pool.map(lambda style: style(photo), [np.copy] * 4)))
""",
            changed=(
                "A process pool sends its function by name, and a lambda has no name: the working form "
                "submits a function of a module with the style's name and the picture."
            ),
        ),
        array_through_lru_cache(
            maxsize=art_procedures.CACHED,
            changed="An array has no hash: the working form caches by the picture's bytes and shape, which copies and "
            "hashes the whole picture at each request.",
        ),
    ),
    judge=_judge,
    shown=_shown,
    findings=_findings,
    advice=_advice,
    surprise=_surprise,
)
