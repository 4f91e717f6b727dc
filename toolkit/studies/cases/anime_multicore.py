"""Case 5: AnimeGANv2 on many cores with threads, an event loop, processes, mini-batches and INT8, and a scaling law."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from toolkit.core import units
from toolkit.images.image import Image
from toolkit.studies.cases import anime_multicore_texts, anime_probes, anime_procedures
from toolkit.studies.cases.against_reference import judged_against
from toolkit.studies.cases.anime_law import WORKERS
from toolkit.studies.cases.case import Case, Judged, Pictures
from toolkit.studies.cases.case_run import CaseRun
from toolkit.studies.cases.printed_code import PrintedCode
from toolkit.studies.cases.procedure import OURS, Probe, Procedure, Settings
from toolkit.studies.cases.steps import psnr_text

_REFERENCE = "processes_1"


def _size(settings: Settings) -> str:
    count = units.counted(settings["pictures"], "picture")
    trained = anime_procedures.model_of(settings).weights_text
    return f"{count} of {settings['width']} x {settings['height']} px, {trained}"


def _pictures(settings: Settings) -> int:
    return int(settings["pictures"])


def _missing_backend(settings: Settings, *, backend: str, precision: str = "fp32") -> str:
    if precision == "int8" and not settings["int8"]:
        return "The preset leaves INT8 out, because INT8 calibration takes long; to measure INT8, add: -p int8 true."
    return anime_procedures.model_of(settings, backend=backend, precision=precision).missing()


def _missing_workers(settings: Settings, *, workers: int, backend: str = "torch") -> str:
    if workers not in settings["workers"]:
        more = sorted({*settings["workers"], workers})
        return f"This preset does not measure {workers} processes; to measure them, add: -p workers '{more}'."
    return _missing_backend(settings, backend=backend)


def _judge(settings: Settings, pictures: Pictures) -> Mapping[str, Judged]:
    model = anime_procedures.model_of(settings)
    note = "untrained" if model.is_untrained else ""
    return judged_against(_REFERENCE, pictures, note=note, may_differ=("int8",), least_db=40.0)


def _shown(settings: Settings, pictures: Pictures, run: CaseRun) -> Mapping[str, Image]:
    note = ", untrained" if anime_procedures.model_of(settings).is_untrained else ""
    shown = {"photo": anime_procedures.photos_of(settings)[0]}
    for name, what in (
        (_REFERENCE, "torch fp32"),
        ("dynamic_int8", "torch, dynamic INT8"),
        ("int8", "onnxruntime INT8"),
        ("ours_openvino", "openvino fp32"),
    ):
        if name in pictures:
            psnr = run.row(name).worst_psnr_db
            quality = "the reference" if name == _REFERENCE else psnr_text(psnr, "the reference")
            shown[f"{what}{note}\n{quality}"] = pictures[name]["picture_0"]
    return shown


CASE = Case(
    name="5_anime_multicore",
    title="AnimeGANv2 on many cores",
    procedures=(
        Procedure(
            name="processes_1",
            words="one process, one thread",
            opened=anime_procedures.one_by_one,
            size=_size,
            batch=_pictures,
            missing=partial(_missing_backend, backend="torch"),
        ),
        Procedure(
            name="threads",
            words="one process with threads",
            opened=anime_procedures.threads,
            against="processes_1",
            size=_size,
            batch=_pictures,
            missing=partial(_missing_backend, backend="torch"),
        ),
        Procedure(
            name="event_loop",
            words="one process with asyncio and threads",
            opened=anime_procedures.event_loop,
            against="processes_1",
            size=_size,
            batch=_pictures,
            missing=partial(_missing_backend, backend="torch"),
        ),
        *(
            Procedure(
                name=f"processes_{count}",
                words=f"a warm pool of {count} processes, one thread each",
                opened=partial(anime_procedures.processes, workers=count),
                against="processes_1",
                size=_size,
                batch=_pictures,
                missing=partial(_missing_workers, workers=count),
            )
            for count in WORKERS[1:]
        ),
        Procedure(
            name="pool_per_request",
            words="a pool of processes started for each request",
            opened=anime_procedures.processes_per_request,
            against="processes_1",
            size=_size,
            batch=_pictures,
            missing=partial(_missing_backend, backend="torch"),
        ),
        Procedure(
            name="mini_batch",
            words="one thread, all pictures in one call of the network",
            opened=anime_procedures.mini_batch,
            against="processes_1",
            size=_size,
            batch=_pictures,
            missing=partial(_missing_backend, backend="torch"),
        ),
        Procedure(
            name="dynamic_int8",
            words="dynamic INT8 of nn.Linear, one thread",
            opened=anime_procedures.dynamic_int8,
            against="processes_1",
            size=_size,
            batch=_pictures,
            missing=partial(_missing_backend, backend="torch"),
        ),
        Procedure(
            name="int8",
            words="real INT8 of convolutions (onnxruntime), one thread",
            opened=anime_procedures.int8,
            origin=OURS,
            against="processes_1",
            size=_size,
            batch=_pictures,
            missing=partial(_missing_backend, backend="onnxruntime", precision="int8"),
        ),
        *(
            Procedure(
                name=f"ours_{backend}",
                words=f"Atelier: a warm pool of two processes with {backend}, one thread each",
                opened=partial(anime_procedures.processes, workers=2, backend=backend),
                origin=OURS,
                against="processes_1",
                size=_size,
                batch=_pictures,
                missing=partial(_missing_backend, backend=backend),
            )
            for backend in ("onnxruntime", "openvino")
        ),
    ),
    probes=(
        Probe(name="dynamic_int8", words="layers that dynamic INT8 replaces", take=anime_probes.dynamic_int8),
        Probe(
            name="same_picture",
            words="how much dynamic INT8 changes the picture",
            take=anime_probes.same_picture,
        ),
        Probe(
            name="following_pool", words="a pool that grows with the load", take=anime_probes.following_pool
        ),
        Probe(name="formats", words="file formats of the result", take=anime_probes.formats),
    ),
    printed=(
        PrintedCode(
            what="A lambda given to a process pool",
            code="""
from concurrent.futures import ProcessPoolExecutor
import numpy as np

if __name__ == "__main__":
    photos = [np.zeros((30, 40, 3), np.uint8)] * 2
    with ProcessPoolExecutor(2) as pool:
        print(list(pool.map(lambda photo: photo[::-1], photos)))
""",
            changed=(
                "A process pool sends its function by name, and a lambda has no name: working code "
                "maps a function of a module, and opens the model once in the pool's initializer."
            ),
        ),
    ),
    judge=_judge,
    shown=_shown,
    findings=anime_multicore_texts.findings,
    advice=anime_multicore_texts.advice,
    surprise=anime_multicore_texts.surprise,
)
