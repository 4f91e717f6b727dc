"""Case 1: an art-filter service that stalls on 12 MP photos; shrinking, processes, a cache and a low-power mode."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from toolkit.contracts.operation import OPERATIONS
from toolkit.core import units
from toolkit.images.image import Image
from toolkit.images.similarity import difference
from toolkit.results.pictures.windows import Window, densest, most_detailed
from toolkit.studies.cases import art_probes, art_procedures, art_workshop_texts
from toolkit.studies.cases.art_workshop_texts import REFERENCE, SHOWN_STYLE
from toolkit.studies.cases.case import Case, Judged, Pictures
from toolkit.studies.cases.case_run import CaseRun
from toolkit.studies.cases.photos_of_case import size_text
from toolkit.studies.cases.printed_code import PrintedCode, array_through_lru_cache
from toolkit.studies.cases.procedure import EXPLAINS, OURS, Probe, Procedure, Settings
from toolkit.studies.cases.steps import psnr_text

_CROP_PX = 300
_SHRUNKEN = ("shrunk_alone", "shrunk_per_request", "shrunk_warm")


def _small_text(settings: Settings) -> str:
    return f"{size_text(settings)} shrunk to {units.pixel_count(settings['shrink_px'])}"


def _judge(settings: Settings, pictures: Pictures) -> Mapping[str, Judged]:
    """Compare each style with Atelier's picture of the style at full size, which agrees with the float64 reference.

    A picture below full size is enlarged to full size before it is compared.
    """
    wrong = OPERATIONS["styles"].wrong_because(
        "opencv", settings["height"], settings["width"], OPERATIONS["styles"].resolve({})
    )
    found = {}
    for name, drawn in pictures.items():
        psnr_db = {style: _psnr_db(picture, pictures[REFERENCE][style]) for style, picture in drawn.items()}
        if name == REFERENCE:
            found[name] = Judged(words="right: the reference for the pictures of the other procedures")
        elif name in _SHRUNKEN:
            found[name] = Judged(
                psnr_db,
                "differs from the picture at full size, because the photo was shrunk; shown enlarged to full size",
            )
        else:
            is_wrong = bool(wrong) and SHOWN_STYLE in drawn
            found[name] = Judged(
                psnr_db,
                wrong if is_wrong else "the pictures of this procedure are right at this size",
                is_wrong,
            )
    return found


def _psnr_db(picture: Image, reference: Image) -> float | None:
    return difference(_as_large(picture, reference), reference).psnr_db


def _as_large(picture: Image, reference: Image) -> Image:
    import cv2

    if picture.shape == reference.shape:
        return picture
    return cv2.resize(picture, reference.shape[1::-1], interpolation=cv2.INTER_CUBIC)


def _shown(settings: Settings, pictures: Pictures, run: CaseRun) -> Mapping[str, Image]:
    """Crops of each procedure's watercolour at the place where OpenCV's full-size watercolour is most wrong."""
    if REFERENCE not in pictures:
        return {}
    reference = pictures[REFERENCE][SHOWN_STYLE]
    window = _most_different(pictures.get("one_by_one", {}).get(SHOWN_STYLE), reference)
    where = f"rows {window.top} to {window.top + window.side} of {reference.shape[0]}"
    shown = {}
    for name, what in (
        ("one_by_one", f"OpenCV at full size, {where}"),
        ("shrunk_warm", "OpenCV on the shrunk photo, enlarged"),
        ("ours", "Atelier at full size"),
    ):
        if SHOWN_STYLE in pictures.get(name, {}):
            row = run.row(name)
            db = psnr_text(row.psnr_db.get(SHOWN_STYLE), REFERENCE)
            quality = "the reference" if name == REFERENCE else f"PSNR of the whole picture {db}"
            caption = f"{what}\n{quality}{', wrong' if row.is_wrong else ''}"
            shown[caption] = window.cut(_as_large(pictures[name][SHOWN_STYLE], reference))
    return shown


def _most_different(picture: Image | None, reference: Image) -> Window:
    """The square where a picture differs most from the reference; if the two are equal, the most detailed square."""
    if picture is not None and (picture != reference).any():
        apart = np.abs(picture.astype(np.int16) - reference.astype(np.int16)).max(axis=2)
        return densest(apart, side=_CROP_PX)
    return most_detailed(reference, side=_CROP_PX)


CASE = Case(
    name="1_art_workshop",
    title="An art-filter service that stalls on 12 MP photos",
    procedures=(
        Procedure(
            name="one_by_one",
            words="all four styles at full size, one after the other",
            opened=art_procedures.one_by_one,
            is_steady=True,
            size=size_text,
        ),
        Procedure(
            name="shrunk_per_request",
            words="shrinking, then one process for each style, started for each request",
            opened=art_procedures.shrunk_per_request,
            against="one_by_one",
            size=_small_text,
        ),
        Procedure(
            name="shrunk_warm",
            words="shrinking, then one process for each style, kept alive",
            opened=art_procedures.shrunk_warm,
            against="one_by_one",
            size=_small_text,
        ),
        Procedure(
            name="shrunk_alone",
            words="shrinking, then all styles one after the other in one process",
            opened=art_procedures.shrunk_alone,
            origin=EXPLAINS,
            against="one_by_one",
            size=_small_text,
        ),
        Procedure(
            name="low_power",
            words="low-power mode: three styles at full size, no oil painting",
            opened=art_procedures.without_oil,
            is_steady=True,
            against="one_by_one",
            size=size_text,
        ),
        Procedure(
            name="cached",
            words=f"the result found in the cache of {art_procedures.CACHED} pictures",
            opened=art_procedures.cached,
            against="one_by_one",
            size=size_text,
        ),
        Procedure(
            name="ours",
            words="Atelier: four styles at full size in one process",
            opened=art_procedures.ours,
            origin=OURS,
            against="one_by_one",
            size=size_text,
        ),
    ),
    probes=(
        Probe(
            name="concurrency",
            words="concurrent requests, in growing numbers until one request takes too long",
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
                "A process pool sends its function by name, and a lambda has no name: working code "
                "submits a function of a module with the style's name and the picture."
            ),
        ),
        array_through_lru_cache(
            maxsize=art_procedures.CACHED,
            changed="An array has no hash: working code caches by the picture's bytes and shape, so it copies "
            "and hashes the whole picture at each request.",
        ),
    ),
    judge=_judge,
    shown=_shown,
    findings=art_workshop_texts.findings,
    advice=art_workshop_texts.advice,
    surprise=art_workshop_texts.surprise,
)
