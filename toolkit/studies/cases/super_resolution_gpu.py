"""Case 3: super-resolution on a GPU; reading the model once, CUDA, threads, a side limit and a bounded queue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np

from toolkit.core import units
from toolkit.images.image import Image, load, save
from toolkit.machine import nvml
from toolkit.studies.cases import accepting_queue, super_resolution_gpu_texts
from toolkit.studies.cases.case import Case, Judged, Pictures
from toolkit.studies.cases.case_run import SKIPPED, CaseRun
from toolkit.studies.cases.model_of_case import Model
from toolkit.studies.cases.printed_code import array_through_lru_cache
from toolkit.studies.cases.procedure import OURS, Answered, Handler, Probe, Procedure, Settings
from toolkit.studies.cases.requests_at_once import most_at_once
from toolkit.studies.cases.super_resolution_judging import crops_of, judge_enlarged, window_of
from toolkit.studies.cases.super_resolution_procedures import (
    SCALE,
    SMALL,
    enlarged,
    folder,
    input_of,
    limited,
    truth_of,
)

_HOW = (
    "Run atelier report cases/3_super_resolution_gpu on a machine with an NVIDIA graphics card, copy the report.json "
    "of that report to this machine, and show its times on this page with: -p beside FILE."
)


def _model(
    settings: Settings, *, backend: str = "torch", device: str = "cpu", precision: str = "fp32", **params: Any
) -> Model:
    network = settings["network"]
    given = {"scale": SCALE, **params, **({"weights": "untrained"} if network == "edsr" else {})}
    return Model(
        operation=network, backend=backend, device=device, precision=precision, threads=None, params=given
    )


def _size(settings: Settings, *, limit: bool = False) -> str:
    shrunk = f", side limit {settings['side_limit_px']} px" if limit else ""
    text = _model(settings).weights_text
    return f"{settings['width']} x {settings['height']} px x{SCALE}{shrunk}, {settings['network']}, {text}"


def _missing(settings: Settings, *, device: str = "cpu", backend: str = "torch") -> str:
    if device == "cuda" and not nvml.use():
        return f"This procedure needs an NVIDIA graphics card, and Atelier finds none on this machine. {_HOW}"
    return _model(settings, device=device, backend=backend).missing()


@contextmanager
def _one(settings: Settings, **how: Any) -> Iterator[Handler]:
    with enlarged(settings, model=_model(settings, **how), which=SMALL) as handle:
        yield handle


@contextmanager
def _limited(settings: Settings, **how: Any) -> Iterator[Handler]:
    with limited(settings, model=_model(settings, **how), which=SMALL) as handle:
        yield handle


@contextmanager
def _threads(settings: Settings, *, count: int, **how: Any) -> Iterator[Handler]:
    with folder(settings, model=_model(settings, **how), which=SMALL, threads=count) as handle:
        yield handle


@contextmanager
def _printed_colours(settings: Settings) -> Iterator[Handler]:
    """Run the article's handler as printed: Pillow reads red first, but the model and cv2.imwrite expect blue first."""
    import cv2
    from PIL import Image as Pillow

    with TemporaryDirectory(prefix="atelier-colours-") as temporary, _model(settings).opened() as kernel:
        source, out = Path(temporary, "in.png"), Path(temporary, "out.png")
        save(input_of(settings, SMALL), source)

        def handle() -> Answered:
            began = perf_counter()
            red_first = np.array(Pillow.open(source))
            read = perf_counter()
            enlarged_picture = kernel(red_first)
            ran = perf_counter()
            cv2.imwrite(str(out), enlarged_picture)
            written = perf_counter()
            stages = {"read": read - began, "enlarge": ran - read, "write": written - ran}
            return Answered({"picture": load(out)}, stages)

        yield handle


_PLAIN = ("cpu", "cuda", "cuda_dnn", "ours_fp16")


def _judge(settings: Settings, pictures: Pictures) -> Mapping[str, Judged]:
    which = {one.name: SMALL for one in CASE.procedures if not one.name.endswith("threads")}
    is_untrained = _model(settings).is_untrained
    agrees = {name: "cpu_reload" for name in (*_PLAIN, "cuda_reload", "printed_colours")}
    return judge_enlarged(
        pictures,
        settings,
        which=which,
        untrained=[*which] if is_untrained else [],
        agrees_with=agrees,
    )


def _shown(settings: Settings, pictures: Pictures, run: CaseRun) -> Mapping[str, Image]:
    asked = {
        "cpu": "CPU",
        "printed_colours": "the article's code",
        "cpu_limited": "side limit",
        "cuda": "CUDA",
    }
    if _model(settings).is_untrained:
        asked = {"cpu": "CPU"}  # an untrained network makes noise
    captions = {}
    for name, what in asked.items():
        row = run.row(name)
        quality = units.decibels(row.worst_psnr_db) if row.worst_psnr_db is not None else row.quality
        captions[name] = (SMALL, f"{what}\n{quality}{', wrong' if row.is_wrong else ''}")
    shown = crops_of(pictures, settings, captions)
    if shown and "printed_colours" not in asked and "printed_colours" in pictures:
        truth = truth_of(settings, SMALL)
        shown["read by Pillow, written by cv2,\nwithout the network"] = window_of(truth).cut(
            _red_and_blue_swapped(truth)
        )
    return shown


def _red_and_blue_swapped(picture: Image) -> Image:
    """A picture that Pillow reads and cv2 writes, as in the article, but without running the network."""
    import cv2
    from PIL import Image as Pillow

    with TemporaryDirectory(prefix="atelier-colours-") as temporary:
        source, out = Path(temporary, "in.png"), Path(temporary, "out.png")
        save(picture, source)
        cv2.imwrite(str(out), np.array(Pillow.open(source)))
        return load(out)


def _queue(settings: Settings) -> dict[str, Any]:
    with _one(settings) as handle:
        handle()
        return accepting_queue.burst(handle, requests=settings["burst"], room=settings["room"])


def _at_once(settings: Settings) -> dict[str, Any]:
    """How many requests can arrive at once and all end in time, if the model is read once or for each request."""
    found: dict[str, Any] = {}
    for device in ("cpu", "cuda"):
        for name, reload in ((f"{device}_reload", True), (device, False)):
            if _missing(settings, device=device):
                found[name] = SKIPPED
                continue
            with _one(settings, device=device, reload=reload) as handle:
                counts, patience_s = settings["concurrent"], settings["patience_s"]
                found[name], found[f"{name}_slowest_s"] = most_at_once(handle, counts, patience_s=patience_s)
    return found


def _procedure(name: str, words: str, opened: Any, *, device: str = "cpu", **given: Any) -> Procedure:
    backend = given.pop("backend", "torch")
    return Procedure(
        name=name,
        words=words,
        opened=opened,
        missing=partial(_missing, device=device, backend=backend),
        is_on_card=device == "cuda",
        how_to_get=_HOW if device == "cuda" else "",
        **{"size": _size, **given},
    )


def _batch(settings: Settings) -> int:
    return int(settings["folder"])


CASE = Case(
    name="3_super_resolution_gpu",
    title="Super-resolution on a GPU",
    procedures=(
        _procedure("cpu_reload", "CPU, the model read for each request", partial(_one, reload=True)),
        _procedure("cpu", "CPU, the model read once", _one, against="cpu_reload"),
        _procedure(
            "cpu_limited",
            "CPU, picture shrunk to the side limit",
            _limited,
            against="cpu",
            size=partial(_size, limit=True),
        ),
        _procedure(
            "printed_colours",
            "the article's handler: Pillow reads, cv2 writes",
            _printed_colours,
            against="cpu",
        ),
        _procedure(
            "cuda_reload",
            "CUDA, the model read for each request",
            partial(_one, device="cuda", reload=True),
            device="cuda",
            against="cpu_reload",
        ),
        _procedure(
            "cuda",
            "CUDA, the model read once",
            partial(_one, device="cuda"),
            device="cuda",
            against="cuda_reload",
        ),
        _procedure(
            "cuda_dnn",
            "CUDA by OpenCV's DNN module",
            partial(_one, device="cuda", backend="opencv_dnn"),
            device="cuda",
            backend="opencv_dnn",
            against="cuda_reload",
        ),
        _procedure(
            "cuda_limited",
            "CUDA, picture shrunk to the side limit",
            partial(_limited, device="cuda"),
            device="cuda",
            against="cuda",
            size=partial(_size, limit=True),
        ),
        _procedure(
            "cuda_threads",
            "CUDA, a folder on two threads",
            partial(_threads, device="cuda", count=2),
            device="cuda",
            against="cuda",
            batch=_batch,
        ),
        _procedure(
            "ours_fp16",
            "Atelier: CUDA in fp16",
            partial(_one, device="cuda", precision="fp16"),
            device="cuda",
            origin=OURS,
            against="cuda",
        ),
    ),
    probes=(
        Probe(
            name="queue",
            words="a queue for five requests that answers 429 when it is full",
            take=_queue,
            missing=_missing,
        ),
        Probe(name="at_once", words="largest number of requests at once", take=_at_once, missing=_missing),
    ),
    printed=(
        array_through_lru_cache(
            maxsize=32,
            changed="An array has no hash: working code has SHA-256 of the picture's bytes as the cache's key.",
        ),
    ),
    judge=_judge,
    shown=_shown,
    findings=super_resolution_gpu_texts.findings,
    advice=super_resolution_gpu_texts.advice,
    surprise=super_resolution_gpu_texts.surprise,
)
