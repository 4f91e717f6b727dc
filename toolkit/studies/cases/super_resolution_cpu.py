"""Case 2: super-resolution on a CPU; reading the model once, threads, a side limit, other models and a cache."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from toolkit.core import units
from toolkit.images.image import Image
from toolkit.results.pictures.windows import Window
from toolkit.studies.cases import (
    accepting_queue,
    picture_hashes,
    super_resolution_cpu_texts,
    super_resolution_probes,
)
from toolkit.studies.cases.case import Case, Judged, Pictures
from toolkit.studies.cases.case_run import CaseRun
from toolkit.studies.cases.model_of_case import Model
from toolkit.studies.cases.printed_code import PrintedCode, array_through_lru_cache
from toolkit.studies.cases.procedure import EXPLAINS, OURS, PUBLISHED, Probe, Procedure, Settings
from toolkit.studies.cases.super_resolution_cpu_texts import OURS_SMALL
from toolkit.studies.cases.super_resolution_judging import crops_of, judge_enlarged
from toolkit.studies.cases.super_resolution_procedures import (
    EDSR,
    SMALL,
    edsr_file,
    edsr_graph,
    enlarged,
    folder,
    limited,
    size_of,
    small,
)

_MIDDLE_PX = 176
"""Side of the square part of a photo that shows an edit, px."""


def _size(settings: Settings, *, which: str, model: Model, limit: bool = False) -> str:
    width, height = size_of(settings, which)
    shrunk = f", side limit {settings['side_limit_px']} px" if limit else ""
    return f"{width} x {height} px x3{shrunk}, {model.weights_text}"


def _missing(settings: Settings, *, which: str, model: Model) -> str:
    missing = model.missing()
    if not missing and which == EDSR and not settings["edsr"]:
        return "The preset leaves out EDSR, which has 43 million weights; to measure EDSR, add: -p edsr true."
    return missing


def _one(
    name: str, words: str, model: Model, which: str, *, against: str = "", origin: str = PUBLISHED
) -> Procedure:
    """Make a procedure in which one request enlarges one picture."""
    return Procedure(
        name=name,
        words=words,
        opened=partial(enlarged, model=model, which=which),
        origin=origin,
        against=against,
        size=partial(_size, which=which, model=model),
        missing=partial(_missing, which=which, model=model),
        is_steady=model.backend == "opencv_dnn",
    )


_SINGLE = (
    _one(
        "edsr_pb_reload",
        "EDSR_x3.pb read for each request",
        edsr_file(params={"scale": 3, "reload": True}),
        EDSR,
    ),
    _one("edsr_pb", "EDSR_x3.pb read once", edsr_file(), EDSR, against="edsr_pb_reload"),
    _one("edsr_reload", "EDSR (seeded ONNX graph) read for each request", edsr_graph(reload=True), EDSR),
    _one("edsr", "EDSR (seeded ONNX graph) read once", edsr_graph(), EDSR, against="edsr_reload"),
    _one("edsr_threads_1", "EDSR (seeded) on 1 thread", edsr_graph(threads=1), EDSR, against="edsr"),
    _one(
        "edsr_threads_2", "EDSR (seeded) on 2 threads", edsr_graph(threads=2), EDSR, against="edsr_threads_1"
    ),
    _one("fsrcnn_at_edsr_size", "FSRCNN_x3.pb at EDSR's size", small(), EDSR, against="edsr"),
    _one("carn_m_at_edsr_size", "CARN-M at EDSR's size", small("carn_m"), EDSR, against="edsr"),
    _one(
        "edsr_openvino",
        "EDSR (seeded) on the OpenVINO engine",
        edsr_graph(backend="openvino"),
        EDSR,
        against="edsr",
    ),
    _one(
        "edsr_torch", "EDSR (seeded) on torch", edsr_graph(backend="torch"), EDSR, against="edsr", origin=OURS
    ),
    _one("fsrcnn_reload", "FSRCNN_x3.pb read for each request", small(reload=True), SMALL),
    _one("fsrcnn", "FSRCNN_x3.pb read once", small(), SMALL, against="fsrcnn_reload"),
    _one("fsrcnn_threads_1", "FSRCNN_x3.pb on 1 thread", small(threads=1), SMALL, against="fsrcnn"),
    _one(
        "fsrcnn_threads_2", "FSRCNN_x3.pb on 2 threads", small(threads=2), SMALL, against="fsrcnn_threads_1"
    ),
    _one("carn_m", "CARN-M", small("carn_m"), SMALL, against="fsrcnn"),
    _one(
        "ours_onnxruntime",
        "Atelier: FSRCNN on onnxruntime",
        small(backend="onnxruntime"),
        SMALL,
        against="fsrcnn",
        origin=OURS,
    ),
    _one(
        "ours_openvino",
        "Atelier: FSRCNN on openvino",
        small(backend="openvino"),
        SMALL,
        against="fsrcnn",
        origin=OURS,
    ),
)

_LIMITED = Procedure(
    name="fsrcnn_limited",
    words="FSRCNN_x3.pb on a picture shrunk to the side limit",
    opened=partial(limited, model=small(), which=SMALL),
    against="fsrcnn",
    size=partial(_size, which=SMALL, model=small(), limit=True),
    missing=partial(_missing, which=SMALL, model=small()),
)


def _folder(name: str, words: str, threads: int, *, against: str = "") -> Procedure:
    model = small(threads=1)
    return Procedure(
        name=name,
        words=words,
        opened=partial(folder, model=model, which=SMALL, threads=threads),
        origin=PUBLISHED if threads > 1 else EXPLAINS,
        against=against,
        size=partial(_size, which=SMALL, model=model),
        missing=partial(_missing, which=SMALL, model=model),
        batch=lambda settings: int(settings["folder"]),
    )


_EDSR_NAMES = ("edsr_reload", "edsr", "edsr_threads_1", "edsr_threads_2", "edsr_openvino", "edsr_torch")


def _judge(settings: Settings, pictures: Pictures) -> Mapping[str, Judged]:
    which = {one.name: EDSR if one in _SINGLE[:10] else SMALL for one in (*_SINGLE, _LIMITED)}
    untrained = [
        *_EDSR_NAMES,
        *(name for name in which if "carn" in name and small("carn_m").is_untrained),
        *(name for name in which if "fsrcnn" in name and small().is_untrained),
        *(name for name in OURS_SMALL if small(backend="openvino").is_untrained),
    ]
    agrees = {
        "edsr": "edsr_reload",
        "edsr_threads_1": "edsr",
        "edsr_threads_2": "edsr",
        "edsr_openvino": "edsr",
        "edsr_torch": "edsr",
        "edsr_pb": "edsr_pb_reload",
        "fsrcnn": "fsrcnn_reload",
        "fsrcnn_threads_1": "fsrcnn",
        "fsrcnn_threads_2": "fsrcnn",
        "ours_onnxruntime": "fsrcnn",
        "ours_openvino": "fsrcnn",
    }
    return judge_enlarged(pictures, settings, which=which, untrained=untrained, agrees_with=agrees)


def _shown(settings: Settings, pictures: Pictures, run: CaseRun) -> Mapping[str, Image]:
    def caption(name: str, what: str) -> str:
        row = run.row(name)
        return (
            f"{what}\n{units.decibels(row.worst_psnr_db) if row.worst_psnr_db is not None else row.quality}"
        )

    asked = {
        "fsrcnn": (SMALL, "FSRCNN"),
        "fsrcnn_limited": (SMALL, "FSRCNN, side limit"),
        "carn_m": (SMALL, "CARN-M"),
        "ours_openvino": (SMALL, "Atelier, openvino"),
    }
    shown = crops_of(
        pictures, settings, {name: (which, caption(name, what)) for name, (which, what) in asked.items()}
    )
    if (pair := picture_hashes.one_false_hit()) is not None:
        photo, changed, edit = pair
        middle = Window(left=photo.shape[1] // 2 - 100, top=photo.shape[0] // 2 - 100, side=_MIDDLE_PX)
        shown["the middle of a photo"] = middle.cut(photo)
        shown[f"{edit.replace('_', ' ')}:\nthe same average hash"] = middle.cut(changed)
    return shown


def _queue(settings: Settings) -> dict[str, Any]:
    with enlarged(settings, model=small(), which=SMALL) as handle:
        handle()
        return accepting_queue.burst(handle, requests=settings["burst"], room=settings["burst"])


def _hits(settings: Settings) -> dict[str, Any]:
    return picture_hashes.false_hits()


CASE = Case(
    name="2_super_resolution_cpu",
    title="Super-resolution on a CPU",
    procedures=(
        *_SINGLE,
        _LIMITED,
        _folder("folder_one_thread", "a folder of pictures on one thread", 1),
        _folder(
            "folder_two_threads",
            "a folder of pictures on a pool of two threads",
            2,
            against="folder_one_thread",
        ),
    ),
    probes=(
        Probe(
            name="judged_alike",
            words="PSNR of two small networks on the same photo",
            take=super_resolution_probes.judged_alike,
            missing=super_resolution_probes.missing_networks,
        ),
        Probe(name="hashes", words="different pictures with the same average hash", take=_hits),
        Probe(
            name="queue",
            words="a queue that answers 202 before the picture is ready",
            take=_queue,
            missing=partial(_missing, which=SMALL, model=small()),
        ),
    ),
    printed=(
        PrintedCode(
            what="A method that dnn_superres does not have",
            code="""
import cv2

sr = cv2.dnn_superres.DnnSuperResImpl_create()
sr.setNumThreads(4)
""",
            changed="The dnn_superres object has no method setNumThreads; which missing method the article calls is "
            "not known. The number of threads is a setting of OpenCV for the whole process: working code "
            "calls cv2.setNumThreads.",
        ),
        array_through_lru_cache(
            maxsize=100,
            changed="An array has no hash: working code has SHA-256 of the picture's bytes as the cache's key.",
        ),
    ),
    judge=_judge,
    shown=_shown,
    findings=super_resolution_cpu_texts.findings,
    advice=super_resolution_cpu_texts.advice,
    surprise=super_resolution_cpu_texts.surprise,
)
