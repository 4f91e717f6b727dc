"""Programs of the super-resolution cases, each of which enlarges a shrunken photo by a factor of 3."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from time import perf_counter
from typing import Any

from toolkit.contracts.apply import apply
from toolkit.images.image import Image
from toolkit.images.photos import at_size, photo
from toolkit.images.super_resolution import degrade
from toolkit.studies.cases.model_of_case import STAGES, Model, drawn_in_stages
from toolkit.studies.cases.procedure import Answered, Handler, Settings

SCALE = 3
EDSR, SMALL = "edsr", "small"
"""Names of the two picture sizes in the settings: the size for EDSR, and the size for small networks."""
READ_AND_RUN = "read the model and run the network"

edsr_file = partial(
    Model,
    operation="edsr",
    backend="opencv_dnn",
    threads=None,
    params={"scale": SCALE},
    may_be_untrained=False,
)
"""The network EDSR with the published weights EDSR_x3.pb, which only cv2.dnn_superres reads."""


def edsr_graph(
    *, backend: str = "opencv_dnn", threads: int | None = None, device: str = "cpu", **params: Any
) -> Model:
    """The network EDSR with random weights from a seed, as an ONNX graph or a torch module."""
    given = {"scale": SCALE, "weights": "untrained", **params}
    return Model(operation="edsr", backend=backend, threads=threads, device=device, params=given)


def small(
    operation: str = "fsrcnn", *, backend: str = "opencv_dnn", threads: int | None = None, **params: Any
) -> Model:
    """A small super-resolution network: by default FSRCNN_x3.pb in cv2.dnn_superres."""
    given = {"scale": SCALE, **params}
    return Model(operation=operation, backend=backend, threads=threads, params=given)


def size_of(settings: Settings, which: str) -> tuple[int, int]:
    """Width and height of the picture before it is enlarged, px."""
    if which == EDSR:
        return settings["edsr_width"], settings["edsr_height"]
    return settings["width"], settings["height"]


def truth_of(settings: Settings, which: str) -> Image:
    """The photo before shrinking, which is the ground truth."""
    width, height = size_of(settings, which)
    return at_size(photo(settings["photo"]), SCALE * width, SCALE * height)[0]


def input_of(settings: Settings, which: str) -> Image:
    """The photo shrunk with MATLAB's bicubic interpolation, as in papers."""
    return degrade(truth_of(settings, which), SCALE)


@contextmanager
def enlarged(settings: Settings, *, model: Model, which: str) -> Iterator[Handler]:
    """Enlarge one picture; load the model once, or for each request if the model's parameters have ``reload``."""
    image = input_of(settings, which)
    with model.opened() as kernel:

        def handle() -> Answered:
            stages_s: dict[str, float] = {}
            picture = drawn_in_stages(kernel, image, stages_s)
            if model.params.get("reload") and STAGES[1] in stages_s:
                stages_s = {READ_AND_RUN if name == STAGES[1] else name: s for name, s in stages_s.items()}
            return Answered({"picture": picture}, stages_s)

        yield handle


@contextmanager
def limited(settings: Settings, *, model: Model, which: str) -> Iterator[Handler]:
    """Shrink a picture whose side is longer than the limit in the settings, then enlarge the picture."""
    image = input_of(settings, which)
    with model.opened() as kernel:

        def handle() -> Answered:
            began = perf_counter()
            shrunk = apply("fit_side", image, side=settings["side_limit_px"])
            shrink_s = perf_counter() - began
            return Answered(
                {"picture": kernel(shrunk)},
                {"shrink": shrink_s, "enlarge": perf_counter() - began - shrink_s},
            )

        yield handle


@contextmanager
def folder(settings: Settings, *, model: Model, which: str, threads: int) -> Iterator[Handler]:
    """Enlarge a folder of pictures in several threads, each of which opens its own copy of the network."""
    image = input_of(settings, which)
    pictures = [image[:, : image.shape[1] - number].copy() for number in range(settings["folder"])]
    local, stack, lock = threading.local(), ExitStack(), threading.Lock()

    def draw(picture: Image) -> Image:
        if not hasattr(local, "kernel"):
            with lock:
                local.kernel = stack.enter_context(model.opened())
        drawn: Image = local.kernel(picture)
        return drawn

    with stack, ThreadPoolExecutor(threads) as pool:

        def handle() -> Answered:
            done = list(pool.map(draw, pictures))
            return Answered({f"picture_{number}": one for number, one in enumerate(done)})

        yield handle
