"""Agreement of every model on every backend in every precision with its fp32, in the picture and in the raw output."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.models_page import FOLDER, Page
from toolkit.bench.agreement import agreement
from toolkit.bench.ground_truth import MATTE
from toolkit.contracts.apply import apply
from toolkit.contracts.backend import BACKENDS, Placement
from toolkit.contracts.loaded_network import LoadedNetwork
from toolkit.contracts.measurement import Agreement
from toolkit.contracts.operation import OPERATIONS, Operation
from toolkit.contracts.tolerance import UNJUDGED
from toolkit.core.errors import AtelierError, Unavailable
from toolkit.core.params import Value
from toolkit.images.image import Image, save
from toolkit.images.photos import DEFAULT_POOL, at_size, photo
from toolkit.models.onnx_files import CALIBRATION_PHOTOS
from toolkit.models.transforms import Tensor, bgr_centred, rgb_levels
from toolkit.models.weights import where

MOST_APART = 5e-4  # largest difference of raw outputs in fp32, share of full scale
SIZE, LARGE_SIZE = (192, 128), (48, 32)
# Pictures that were not used for INT8 calibration. The two files need the test pictures: a butterfly's wing, and the
# facades that are the hardest for INT8 of all Kodak pictures tried.
HELD_OUT, HELD_OUT_FILES = ("rocket", "ihc"), ("set5/img_003.png", "kodak/kodim08.png")
# Graphs that their publishers quantised and that stay below the limit, so a sweep fails such a row. Here they must
# reach at least this PSNR in dB, and the limit against ground truth under Mattes.
PUBLISHED_SO = {("prisma_tflite", "openvino", "int8"): 34.8}

Made = tuple[list[Image], list[Tensor] | None]  # pictures and raw outputs

MODELS: tuple[tuple[str, dict[str, Value]], ...] = (
    *(("fsrcnn", {"scale": scale}) for scale in (2, 3, 4)),
    ("fsrcnn", {"scale": 3, "small": True}),
    *(("espcn", {"scale": scale}) for scale in (2, 3, 4)),
    ("lapsrn", {"scale": 2}),
    ("edsr", {"model": "mobile", "scale": 2}),
    ("edsr", {"scale": 3, "weights": "untrained"}),
    *(("carn_m", {"scale": scale}) for scale in (2, 3, 4)),
    ("carn", {"scale": 2}),
    *(("matting", {"model": model, "output": "alpha"}) for model in ("prisma", "prisma_tflite", "selfie")),
    ("matting", {"model": "unet", "output": "alpha", "weights": "untrained"}),
    ("anime", {"style": "cartoongan_paprika"}),
    ("anime", {"style": "cartoongan_shinkai"}),
    ("anime", {"style": "face_paint_512_v2"}),
)
QUICK = (("fsrcnn", {"scale": 2}), ("espcn", {"scale": 3}))


@dataclass(frozen=True)
class Way:
    """One model with its parameters, on one backend in one precision."""

    op: Operation
    params: dict[str, Value]
    backend: str
    precision: str

    def run(self, pictures: list[Image], *, threads: int) -> Made:
        """Pictures and raw outputs; no raw outputs where a runtime gives pictures only."""
        backend = BACKENDS[self.backend]
        placement = Placement(threads=threads, precision=self.precision)
        with ExitStack() as stack:
            runtime = stack.enter_context(backend.session(placement))
            kernel = self.op.build(backend, runtime, self.params, self.precision)
            loaded = kernel.network
            raw = None if loaded is None else [_raw(loaded, picture) for picture in pictures]
            return [kernel(picture) for picture in pictures], raw


def agreement_table(page: Page, *, threads: int, quick: bool) -> None:
    """Print the difference of each configuration from fp32 on the reference backend, for the worst picture."""
    page.heading("Agreement with the model in fp32 on its reference backend, for the worst picture")
    columns = ["model", "backend", "precision", "reference", "max level", "PSNR", "held out"]
    columns += ["required", "raw output", "passed"]
    skipped: dict[str, str] = {}
    page.table(columns, _rows(page, QUICK if quick else MODELS, threads, skipped))
    for way, reason in skipped.items():
        page.say(f"{way} skipped: {reason}")
    page.say(
        f"Limits: fp32: at most 1 level, at least 60 dB, and at most {MOST_APART:g} of full scale in the raw output; "
        "bf16 and fp16: at least 45 dB; int8: at least 35 dB, not judged with untrained weights. 'same': identical."
    )
    page.say(
        f"INT8 is calibrated on {', '.join(CALIBRATION_PHOTOS)}. 'held out' is the PSNR of the worst other picture: "
        f"{', '.join(HELD_OUT)}{', ' + ', '.join(HELD_OUT_FILES) if _test_images() else ''}; all portraits for mattes "
        f"are held out. 'PSNR' also includes {' and '.join(DEFAULT_POOL)}, the pictures that sweeps measure on."
    )


def _rows(
    page: Page,
    models: tuple[tuple[str, dict[str, Value]], ...],
    threads: int,
    skipped: dict[str, str],
) -> Iterator[list[str]]:
    for operation, given in models:
        op = OPERATIONS[operation]
        params, why = _with_weights(op, given)
        if why:
            page.without(why)
        if params is not None:
            yield from _rows_of(page, op, params, threads, skipped)


def _rows_of(
    page: Page, op: Operation, params: dict[str, Value], threads: int, skipped: dict[str, str]
) -> Iterator[list[str]]:
    pictures = _pictures(op, params)
    held_out = [is_held_out for is_held_out, _ in pictures]
    images = [image for _, image in pictures]
    reference = Way(op, params, op.reference_of(params), "fp32")
    label = _label(reference)
    try:
        right = reference.run(images, threads=threads)
    except Unavailable as error:
        page.without(f"{label}: {error}")
        return
    except AtelierError as error:
        page.require(False, f"{label}: {error}")
        return
    for name in BACKENDS:
        if not op.runs_on(BACKENDS[name], params):
            continue
        for precision in BACKENDS[name].precisions:
            way = replace(reference, backend=name, precision=precision)
            if way == reference:
                continue
            try:
                found = way.run(images, threads=threads)
            except Unavailable as error:
                skipped[f"{name} {precision}"] = str(error)
                continue
            except AtelierError as error:
                page.require(False, f"{label} on {name} {precision}: {error}")
                continue
            yield _row(page, way, label, reference, found, right, held_out)


def _row(
    page: Page, way: Way, label: str, reference: Way, found: Made, right: Made, held_out: list[bool]
) -> list[str]:
    tolerance = way.op.tolerance_of(way.backend, way.precision, way.params)
    each = [
        agreement(a, b, tolerance=tolerance, backend=reference.backend)
        for a, b in zip(found[0], right[0], strict=True)
    ]
    largest = max(one.max_abs for one in each)
    psnr = _worst_db(each)
    apart = None
    if way.precision == "fp32" and found[1] is not None and right[1] is not None:
        apart = max(float(np.abs(a - b).max()) for a, b in zip(found[1], right[1], strict=True))
        apart /= _full_scale(way)
    is_kept = all(one.agrees for one in each) and (apart is None or apart <= MOST_APART)
    sentence = (
        f"{label} on {way.backend} {way.precision} differs from fp32 by {largest} levels, PSNR {_db(psnr)}"
    )
    floor = PUBLISHED_SO.get((label, way.backend, way.precision))
    if tolerance is UNJUDGED:
        kept = "not judged"
    elif floor is not None and not is_kept:
        is_floor_kept = psnr is None or psnr >= floor
        page.require(is_floor_kept, f"{sentence}, below its known {floor} dB")
        kept = f"no; known {floor} dB {'reached' if is_floor_kept else 'MISSED'}"
    else:
        kept = page.require(is_kept, sentence)
    unseen = [one for one, is_held_out in zip(each, held_out, strict=True) if is_held_out]
    figures = [
        str(largest),
        _db(psnr),
        _db(_worst_db(unseen)) if unseen and way.precision == "int8" else "-",
        f"{tolerance.psnr_db:.0f} dB" if tolerance.psnr_db else "-",
        "-" if apart is None else f"{apart:.0e}",
    ]
    return [label, way.backend, way.precision, reference.backend, *figures, kept]


def _worst_db(each: list[Agreement]) -> float | None:
    return min((one.psnr_db for one in each if one.psnr_db is not None), default=None)


def _db(psnr: float | None) -> str:
    return "same" if psnr is None else f"{psnr:.1f} dB"


def drawings(page: Page, *, threads: int) -> None:
    """Write CartoonGAN's pictures for a person to look at."""
    page.heading("CartoonGAN: pictures to look at")
    for style in ("paprika", "shinkai"):
        try:
            sides = [
                apply("anime", photo(name), threads=threads, style=f"cartoongan_{style}")
                for name in DEFAULT_POOL
            ]
        except Unavailable as error:
            page.without(f"CartoonGAN {style}: {error}")
            continue
        except AtelierError as error:
            page.require(False, f"CartoonGAN {style}: {error}")
            continue
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name, drawn in zip(DEFAULT_POOL, sides, strict=True):
            beside = np.hstack([photo(name), drawn])
            path = save(beside, FOLDER / f"cartoongan_{style}_{name}.png", force=True)
            page.say(f"{path.relative_to(FOLDER.parents[1])}: photo and drawing side by side")


def _with_weights(op: Operation, given: dict[str, Value]) -> tuple[dict[str, Value] | None, str]:
    """Parameters, with untrained weights where the published ones are missing, and a note that says so.

    No parameters for a published graph that has no untrained form.
    """
    params = op.resolve(given)
    if params["weights"] == "untrained":
        return params, ""
    network = op.network_of(params)
    assert network is not None
    files = dict.fromkeys([*filter(None, [network.weights]), *network.graphs.values()])
    missing = [file for file in files if where(file) is None]
    if not missing and (files or params["weights"] == "untrained"):
        return params, ""
    why = f"{network.name}: {', '.join(missing) or 'weights'} missing"
    try:
        network.untrained()
    except Unavailable:
        return None, f"{why}, and there is no untrained form, so it is left out"
    return {**params, "weights": "untrained"}, f"{why}, so it runs untrained"


def _raw(loaded: LoadedNetwork, picture: Image) -> Tensor:
    return np.array(loaded.infer(loaded.network.prepare(picture)))


def _full_scale(way: Way) -> float:
    network = way.op.network_of(way.params)
    assert network is not None
    return 255.0 if network.transform in (rgb_levels, bgr_centred) else 1.0


def _pictures(op: Operation, params: dict[str, Value]) -> list[tuple[bool, Image]]:
    """Pictures, and for each whether it was not used for calibration: portraits for mattes, else small photos."""
    folder = _test_images()
    if op.task == MATTE:
        portraits = sorted((folder / "portraits").glob("*.jpg"))[:2] if folder else []
        return [(True, photo(portrait)) for portrait in portraits] or [(False, photo("astronaut"))]
    if op.name == "edsr" and params["model"] == "edsr":
        return [(False, at_size(photo(name), *LARGE_SIZE)[0]) for name in DEFAULT_POOL]
    files = [folder / name for name in HELD_OUT_FILES] if folder else []
    return [
        (name not in CALIBRATION_PHOTOS, at_size(photo(name), *SIZE)[0])
        for name in (*DEFAULT_POOL, *HELD_OUT, *files)
    ]


def _test_images() -> Path | None:
    named = os.environ.get("ATELIER_TEST_IMAGES")
    return Path(named) if named else None


def _label(way: Way) -> str:
    network = way.op.network_of(way.params)
    assert network is not None
    return network.label
