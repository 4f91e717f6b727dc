"""Programs that turn photos into anime: with threads, an event loop, processes, mini-batches, INT8, or Atelier."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing import get_context
from time import perf_counter
from typing import Any

from toolkit.contracts.kernel import BuiltKernel
from toolkit.core.child_process import die_with_parent
from toolkit.images.image import Image
from toolkit.images.photos import photo
from toolkit.studies.cases.model_of_case import Model, drawn_in_stages
from toolkit.studies.cases.photos_of_case import covering
from toolkit.studies.cases.procedure import Answered, Handler, Settings

_LONGEST_START_S = 300.0
_opened: dict[str, Any] = {}
"""The model that this process of a process pool has opened, and objects that belong to the model."""


def model_of(settings: Settings, *, backend: str = "torch", precision: str = "fp32") -> Model:
    """The anime network for the style in the settings, on one thread."""
    return Model(operation="anime", backend=backend, precision=precision, params={"style": settings["style"]})


def photos_of(settings: Settings) -> list[Image]:
    """The pictures of one request, at the size in the settings; each picture is a shifted copy of the photo."""
    width, height, count = settings["width"], settings["height"], settings["pictures"]
    whole = covering(photo(settings["photo"]), width=width + 2 * count, height=height)
    return [whole[:, 2 * number : 2 * number + width].copy() for number in range(count)]


def _answer(pictures: list[Image]) -> Answered:
    return Answered({f"picture_{number}": picture for number, picture in enumerate(pictures)})


def _one_after_the_other(kernel: BuiltKernel, photos: list[Image]) -> Answered:
    stages_s: dict[str, float] = {}
    pictures = [drawn_in_stages(kernel, image, stages_s) for image in photos]
    return Answered(_answer(pictures).pictures, stages_s)


@contextmanager
def one_by_one(settings: Settings, *, backend: str = "torch", precision: str = "fp32") -> Iterator[Handler]:
    """Run one picture after the other in one process with one thread."""
    photos = photos_of(settings)
    with model_of(settings, backend=backend, precision=precision).opened() as kernel:
        yield lambda: _one_after_the_other(kernel, photos)


@contextmanager
def threads(settings: Settings) -> Iterator[Handler]:
    """Run the pictures in threads that share one model; the largest number of workers is the number of threads."""
    photos = photos_of(settings)
    with (
        model_of(settings).opened() as kernel,
        ThreadPoolExecutor(max(settings["workers"])) as pool,
    ):
        yield lambda: _answer(list(pool.map(kernel, photos)))


@contextmanager
def event_loop(settings: Settings) -> Iterator[Handler]:
    """Run the pictures in threads fed by an event loop; the largest number of workers is the number of threads."""
    photos = photos_of(settings)
    with (
        model_of(settings).opened() as kernel,
        ThreadPoolExecutor(max(settings["workers"])) as pool,
    ):

        async def all_pictures() -> list[Image]:
            loop = asyncio.get_running_loop()
            return list(await asyncio.gather(*(loop.run_in_executor(pool, kernel, one) for one in photos)))

        yield lambda: _answer(asyncio.run(all_pictures()))


def open_model(model: Model, all_open: Any) -> None:
    """Open the model in a new process of a process pool; `all_open` is a barrier for all processes of the pool."""
    die_with_parent()
    stack = ExitStack()
    _opened["stack"] = stack
    _opened["kernel"] = stack.enter_context(model.opened())
    _opened["all_open"] = all_open


def wait_for_all(_: int) -> None:
    """Wait until every process of a process pool has opened its model; each process must get one such call."""
    _opened["all_open"].wait(_LONGEST_START_S)


def draw(image: Image) -> Image:
    """Run the model that this process of a pool has opened on one picture."""
    picture: Image = _opened["kernel"](image)
    return picture


def pool_of(model: Model, workers: int) -> ProcessPoolExecutor:
    """A pool of processes, each of which opens the model when the process starts."""
    context = get_context("spawn")
    return ProcessPoolExecutor(
        workers, mp_context=context, initializer=open_model, initargs=(model, context.Barrier(workers))
    )


@contextmanager
def processes(settings: Settings, *, workers: int, backend: str = "torch") -> Iterator[Handler]:
    """Run the pictures in a pool of processes that have opened the model and have one thread each."""
    photos = photos_of(settings)
    with pool_of(model_of(settings, backend=backend), workers) as pool:
        list(pool.map(wait_for_all, range(workers)))
        yield lambda: _answer(_mapped(pool, photos))


def _mapped(pool: Executor, photos: list[Image]) -> list[Image]:
    return list(pool.map(draw, photos))


@contextmanager
def processes_per_request(settings: Settings) -> Iterator[Handler]:
    """Start a pool of processes for each request; the pool has the largest number of workers."""
    photos, workers = photos_of(settings), max(settings["workers"])
    model = model_of(settings)

    def handle() -> Answered:
        began = perf_counter()
        with pool_of(model, workers) as pool:
            pictures = _mapped(pool, photos)
            stages = {"start, models and all pictures": perf_counter() - began}
        return Answered(
            _answer(pictures).pictures,
            {**stages, "end of processes": perf_counter() - began - sum(stages.values())},
        )

    yield handle


@contextmanager
def mini_batch(settings: Settings) -> Iterator[Handler]:
    """Run all pictures of a request in one call of the network, in one process with one thread."""
    photos = photos_of(settings)
    with model_of(settings).opened() as kernel:
        yield lambda: _answer(kernel.batch(photos))


@contextmanager
def dynamic_int8(settings: Settings) -> Iterator[Handler]:
    """Apply dynamic INT8 to all ``nn.Linear`` layers, as the article does, then run one picture after the other."""
    photos = photos_of(settings)
    placed = model_of(settings).placed
    network = placed.network
    assert network is not None
    with placed.backend.session(placed.placement) as runtime:
        from toolkit.contracts.loaded_network import Form, LoadedNetwork
        from toolkit.models.loading import linear_layers_in_int8
        from toolkit.models.network_files import module

        quantised, _ = linear_layers_in_int8(module(network))
        kernel = LoadedNetwork(network, runtime.load(Form(network=network, format="torch", source=quantised)))
        yield lambda: _one_after_the_other(BuiltKernel(kernel, network=kernel), photos)


int8: Callable[[Settings], Any] = partial(one_by_one, backend="onnxruntime", precision="int8")
"""The network with INT8 convolutions, calibrated on photos, on ONNX Runtime."""
