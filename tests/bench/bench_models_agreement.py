"""Every model on every backend in every precision against its own fp32, on the picture and on the raw output."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tests.bench.bench_models_page import FOLDER, Page
from toolkit.bench.ground_truth import MATTE
from toolkit.bench.quality import agreement
from toolkit.core.backend import BACKENDS, Placement
from toolkit.core.errors import AtelierError, Unavailable
from toolkit.core.image import Image, save
from toolkit.core.loaded_network import LoadedNetwork
from toolkit.core.operation import OPERATIONS, Operation
from toolkit.core.params import Value
from toolkit.core.photos import DEFAULT_POOL, at_size, photo
from toolkit.core.run import apply
from toolkit.core.tolerance import UNJUDGED
from toolkit.core.transforms import Tensor, bgr_centred, rgb_levels
from toolkit.core.weights import where

MOST_APART = 5e-4  # of full scale, on the raw output in fp32
SIZE, LARGE_SIZE = (192, 128), (48, 32)

MODELS: tuple[tuple[str, dict[str, Value]], ...] = (
    *(("fsrcnn", {"scale": scale}) for scale in (2, 3, 4)),
    ("fsrcnn", {"scale": 3, "small": True}),
    *(("espcn", {"scale": scale}) for scale in (2, 3, 4)),
    ("lapsrn", {"scale": 2}),
    ("edsr", {"model": "mobile", "scale": 2}),
    ("edsr", {"scale": 3, "weights": "untrained"}),
    *(("carn_m", {"scale": scale}) for scale in (2, 3, 4)),
    ("carn", {"scale": 2}),
    *(("matting", {"model": model}) for model in ("prisma", "prisma_tflite", "selfie")),
    ("matting", {"model": "unet", "weights": "untrained"}),
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

    def run(self, pictures: list[Image], *, threads: int) -> tuple[list[Image], list[Tensor] | None]:
        """Pictures and raw outputs; no raw outputs from a graph that its runtime runs on pictures."""
        backend = BACKENDS[self.backend]
        placement = Placement(threads=threads, precision=self.precision)
        with ExitStack() as stack:
            runtime = stack.enter_context(backend.session(placement))
            kernel = self.op.build(backend, runtime, self.params, self.precision)
            loaded = kernel.network
            raw = None if loaded is None else [_raw(loaded, picture) for picture in pictures]
            return [kernel(picture) for picture in pictures], raw


def agreement_table(page: Page, *, threads: int, quick: bool) -> None:
    """Print how far each way is from the fp32 of the reference backend; the worst picture counts."""
    page.heading("Agreement with the model's fp32 on its reference backend, the worst of the pictures")
    columns = ["model", "backend", "precision", "reference", "max level", "PSNR", "at least", "float", "kept"]
    skipped: dict[str, str] = {}
    page.table(columns, _rows(page, QUICK if quick else MODELS, threads, skipped))
    for way, reason in skipped.items():
        page.say(f"{way} skipped: {reason}")
    page.say(
        f"Limits: fp32 at most 1 level, 60 dB and {MOST_APART:g} of full scale on the raw output; bf16 and fp16 45 dB; "
        "int8 35 dB, printed and not judged for untrained weights. 'same': not a level apart. 'failed': quantised so "
        "by its publisher; held against the truth under Mattes."
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
    reference = Way(op, params, op.reference_of(params), "fp32")
    label = _label(reference)
    try:
        right, right_raw = reference.run(pictures, threads=threads)
    except AtelierError as error:
        page.without(f"{label}: {error}")
        return
    for name in BACKENDS:
        if not op.runs_on(BACKENDS[name], params):
            continue
        for precision in BACKENDS[name].precisions:
            way = replace(reference, backend=name, precision=precision)
            if way == reference:
                continue
            try:
                found, raw = way.run(pictures, threads=threads)
            except Unavailable as error:
                skipped[f"{name} {precision}"] = str(error)
                continue
            except AtelierError as error:
                page.require(False, f"{label} on {name} {precision}: {error}")
                continue
            yield _row(page, way, label, reference, (found, raw), (right, right_raw))


def _row(
    page: Page,
    way: Way,
    label: str,
    reference: Way,
    found: tuple[list[Image], list[Tensor] | None],
    right: tuple[list[Image], list[Tensor] | None],
) -> list[str]:
    tolerance = way.op.tolerance_of(way.backend, way.precision, way.params)
    each = [
        agreement(a, b, tolerance=tolerance, backend=reference.backend)
        for a, b in zip(found[0], right[0], strict=True)
    ]
    largest = max(one.max_abs for one in each)
    psnr = min((one.psnr_db for one in each if one.psnr_db is not None), default=None)
    apart = None
    if way.precision == "fp32" and found[1] is not None and right[1] is not None:
        apart = max(float(np.abs(a - b).max()) for a, b in zip(found[1], right[1], strict=True))
        apart /= _full_scale(way)
    is_kept = all(one.agrees for one in each) and (apart is None or apart <= MOST_APART)
    where_ = f"{label} on {way.backend} {way.precision}"
    shown = "same" if psnr is None else f"{psnr:.1f} dB"
    network = way.op.network_of(way.params)
    if tolerance is UNJUDGED:
        kept = "not judged"
    elif not is_kept and way.precision == "int8" and network is not None and network.quantised is not None:
        kept = "failed"  # its publisher quantised it so: a sweep fails the row, and nothing here can mend it
    else:
        sentence = f"{where_} is {largest} levels and {shown} from {reference.backend} fp32"
        kept = page.require(is_kept, sentence)
    figures = [
        str(largest),
        shown,
        f"{tolerance.psnr_db:.0f} dB" if tolerance.psnr_db else "-",
        "-" if apart is None else f"{apart:.0e}",
    ]
    return [label, way.backend, way.precision, reference.backend, *figures, kept]


def drawings(page: Page, *, threads: int) -> None:
    """CartoonGAN's pictures, for a person to look at."""
    page.heading("CartoonGAN, to be looked at")
    for style in ("paprika", "shinkai"):
        try:
            sides = [
                apply("anime", photo(name), threads=threads, style=f"cartoongan_{style}")
                for name in DEFAULT_POOL
            ]
        except AtelierError as error:
            page.without(f"CartoonGAN {style}: {error}")
            continue
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name, drawn in zip(DEFAULT_POOL, sides, strict=True):
            beside = np.hstack([photo(name), drawn])
            path = save(beside, FOLDER / f"cartoongan_{style}_{name}.png", force=True)
            page.say(f"{path.relative_to(FOLDER.parents[1])}: photo and drawing")


def _with_weights(op: Operation, given: dict[str, Value]) -> tuple[dict[str, Value] | None, str]:
    """Parameters with seeded weights where the published ones are not here; None for a graph that has no such form."""
    params = op.resolve(given)
    if params["weights"] == "untrained":
        return params, ""
    network = op.network_of(params)
    assert network is not None
    files = dict.fromkeys([*filter(None, [network.weights]), *network.graphs.values()])
    missing = [file for file in files if where(file) is None]
    if not missing and (files or params["weights"] == "untrained"):
        return params, ""
    why = f"{network.name}: {', '.join(missing) or 'no weights'} not here"
    try:
        network.untrained()
    except Unavailable:
        return None, f"{why}, and it has no untrained form"
    return {**params, "weights": "untrained"}, f"{why}; untrained instead"


def _raw(loaded: LoadedNetwork, picture: Image) -> Tensor:
    return np.array(loaded.infer(loaded.network.prepare(picture)))


def _full_scale(way: Way) -> float:
    network = way.op.network_of(way.params)
    assert network is not None
    return 255.0 if network.before in (rgb_levels, bgr_centred) else 1.0


def _pictures(op: Operation, params: dict[str, Value]) -> list[Image]:
    """Portraits for mattes, which of anything else are between all and nothing; small photos for the others."""
    folder = os.environ.get("ATELIER_TEST_IMAGES")
    if op.task == MATTE:
        portraits = sorted(Path(folder, "portraits").glob("*.jpg"))[:2] if folder else []
        return [photo(portrait) for portrait in portraits] or [photo("astronaut")]
    is_large = op.name == "edsr" and params["model"] == "edsr"
    return [at_size(photo(name), *(LARGE_SIZE if is_large else SIZE))[0] for name in DEFAULT_POOL]


def _label(way: Way) -> str:
    network = way.op.network_of(way.params)
    assert network is not None
    return network.label
