"""Every network on every backend that opens it keeps its promises; a new one is tested with no edit here.

Weights are seeded, so that nothing has to be on this machine; what is published as a graph only runs where
``ATELIER_WEIGHTS`` names its file. Pictures are tiny: what is asked is whether they are right.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from toolkit.bench.agreement import agreement
from toolkit.contracts.backend import BACKENDS, Placement
from toolkit.contracts.kernel import BuiltKernel
from toolkit.contracts.loaded_network import form_of
from toolkit.contracts.operation import OPERATIONS, Operation
from toolkit.core.errors import Unsupported
from toolkit.core.params import Value
from toolkit.images.image import Image
from toolkit.images.tiling import tiles
from toolkit.models import network_files, onnx_files, weights
from toolkit.models.network import Network
from toolkit.models.transforms import Tensor

pytest.importorskip("onnxscript", reason="exports need torch, onnx and onnxscript")

SIZES = [(1, 1), (2, 3), (17, 31)]
"""Height and width, px."""

TILE_PX = 24
"""Side of the tiles, but for networks that reach further."""


@dataclass(frozen=True)
class Case:
    """One architecture, or one published graph, of one operation."""

    operation: str
    given: tuple[tuple[str, Value], ...]
    backend: str = ""

    @property
    def op(self) -> Operation:
        return OPERATIONS[self.operation]

    @property
    def params(self) -> dict[str, Value]:
        return self.op.resolve(dict(self.given))

    @property
    def network(self) -> Network:
        network = self.op.network_of(self.params)
        assert network is not None
        return network

    def __str__(self) -> str:
        return f"{self.network.name}-{self.backend}"


def _cases() -> Iterator[Case]:
    """Each operation as it is, and with each choice that makes another network; other scales are the same one."""
    for operation in OPERATIONS:
        op = OPERATIONS[operation]
        if op.network is None:
            continue
        seen: list[object] = []
        changes: list[dict[str, Value]] = [{}]
        for param in op.params:
            if param.rebuild and param.name not in ("weights", "scale"):
                values = param.choices or ((True,) if isinstance(param.default, bool) else ())
                changes += [{param.name: value} for value in values]
        for change in changes:
            network = op.network(op.resolve(change))
            what = (network.architecture, dict(network.arguments)) if network.architecture else network.graphs
            if network.own is None and what not in seen:
                seen.append(what)
                seeded: dict[str, Value] = {"weights": "untrained"} if network.architecture else {}
                yield Case(operation, tuple({**change, **seeded}.items()))


NETWORKS = list(_cases())
PAIRS = [
    Case(case.operation, case.given, backend)
    for case in NETWORKS
    for backend in BACKENDS
    if case.op.runs_on(BACKENDS[backend], case.params)
]


@dataclass(frozen=True)
class Built:
    """A case whose model is loaded, and what the reference makes of `noise` of each of `SIZES`."""

    case: Case
    kernel: BuiltKernel
    expected: dict[tuple[int, int], Image]
    expected_output: Tensor | None

    def assert_close(self, out: Image, expected: Image) -> None:
        """At most one level apart: sums in another order may round to it."""
        assert np.abs(out.astype(int) - expected).max() <= 1


@pytest.fixture(scope="module")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Path]]]:
    """Exports of every architecture, two at a time while the first tests run."""
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        networks = [case.network for case in NETWORKS if case.network.architecture]
        yield {network.name: pool.submit(onnx_files.onnx_file, network, "fp32") for network in networks}


@pytest.fixture(scope="module")
def references() -> dict[str, tuple[dict[tuple[int, int], Image], Tensor | None]]:
    """What was made by the reference of each network, so that it is made once."""
    return {}


@pytest.fixture(scope="module", params=PAIRS, ids=str)
def built(request, graphs, references) -> Iterator[Built]:
    case = request.param
    network = case.network
    for name in (case.backend, network.reference):
        if not BACKENDS[name].is_installed():
            pytest.skip(f"backend {name} is not installed")
    for file in network.graphs.values():
        if weights.where(file) is None:
            pytest.skip(f"{file} is not in ATELIER_WEIGHTS; 'atelier weights fetch {file}' gets it")
    if network.name not in references:
        references[network.name] = _reference(case)
    with BACKENDS[case.backend].session(Placement(threads=1)) as runtime:
        if network.name in graphs and form_of(network, BACKENDS[case.backend], "fp32") == (network, "onnx"):
            graphs[network.name].result()
        kernel = case.op.build(BACKENDS[case.backend], runtime, case.params)
        yield Built(case, kernel, *references[network.name])


def _reference(case: Case) -> tuple[dict[tuple[int, int], Image], Tensor | None]:
    backend = BACKENDS[case.network.reference]
    with backend.session(Placement(threads=1)) as runtime:
        kernel = case.op.build(backend, runtime, case.params)
        pictures = {size: kernel(noise(*size)) for size in SIZES}
        if kernel.network is None:  # it runs on pictures only
            return pictures, None
        return pictures, kernel.network.infer(case.network.prepare(noise(*SIZES[-1])))


def noise(height: int, width: int) -> Image:
    return np.random.default_rng(height * 1000 + width).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_any_size_gives_the_promised_output_and_the_input_does_not_change(
    built: Built, size: tuple[int, int]
) -> None:
    image = noise(*size)
    image.setflags(write=False)
    out = built.kernel(image)
    assert out.dtype == np.uint8 and out.flags.c_contiguous and out.flags.writeable
    assert out.shape == built.case.op.shape(*size, built.case.params)
    assert np.array_equal(image, noise(*size))
    built.assert_close(out, built.expected[size])
    if size == SIZES[0]:
        again = built.kernel(image)
        assert np.array_equal(again, out) and not np.shares_memory(again, out)


def test_agrees_with_its_reference(built: Built) -> None:
    image = noise(*SIZES[-1])
    tolerance = built.case.op.tolerance_of(built.case.backend, "fp32", built.case.params)
    reference = built.case.network.reference
    found = agreement(built.kernel(image), built.expected[SIZES[-1]], tolerance=tolerance, backend=reference)
    assert found.agrees, found
    if built.kernel.network is not None:
        network = built.case.network
        scale = getattr(network.transform, "full_scale", 1.0)
        output = built.kernel.network.infer(network.prepare(image))
        assert output.dtype == np.float32 and output.shape == built.expected_output.shape
        assert np.abs(output - built.expected_output).max() <= 5e-4 * scale


def test_memory_layout_makes_no_difference(built: Built) -> None:
    image = noise(22, 26)[::2, ::-2].transpose(1, 0, 2)
    image.setflags(write=False)
    assert np.array_equal(built.kernel(image), built.kernel(np.array(image, order="C")))


def test_a_batch_of_mixed_sizes_is_each_picture_alone(built: Built) -> None:
    sizes = [(2, 3), (7, 5), (2, 3)]
    images = [np.roll(noise(*size), number, axis=1) for number, size in enumerate(sizes)]
    outputs = built.kernel.batch(images)
    assert len(outputs) == len(images)
    for image, out in zip(images, outputs, strict=True):
        alone = built.kernel(image)
        assert out.shape == alone.shape
        built.assert_close(out, alone)


def test_tiles_give_the_whole_or_are_refused_with_the_reason(built: Built) -> None:
    loaded = built.kernel.network
    if loaded is None:
        with pytest.raises(Unsupported, match=r"on whole pictures only; tile must be 0\."):
            _with_tiles(built.case)(noise(*SIZES[-1]))
        return
    network = loaded.network
    if network.halo is None:
        with pytest.raises(Unsupported, match=f"{network.name} cannot be tiled: {network.whole_because}"):
            loaded(noise(*SIZES[-1]), tile=TILE_PX)
        return
    tile = max(TILE_PX, network.halo + 1)
    image = noise(1, tile + network.halo + 1)  # two tiles, neither of which sees the whole
    whole = loaded.infer(network.prepare(image))
    scale = network.scale
    for part in tiles(*image.shape[:2], tile=tile, halo=network.halo):
        (top, bottom), (left, right) = part.read
        (first, last), (start, stop) = part.keep
        seen = loaded.infer(network.prepare(np.ascontiguousarray(image[top:bottom, left:right])))
        rows = slice((first - top) * scale, (last - top) * scale)
        columns = slice((start - left) * scale, (stop - left) * scale)
        kept = whole[:, :, first * scale : last * scale, start * scale : stop * scale]
        full_scale = getattr(network.transform, "full_scale", 1.0)
        assert np.abs(seen[:, :, rows, columns] - kept).max() <= 1e-5 * full_scale
    built.assert_close(loaded(image, tile=tile), built.kernel(image))


@pytest.mark.parametrize("case", [case for case in NETWORKS if case.network.halo is not None], ids=str)
def test_a_pixel_reaches_as_far_as_the_halo_says(case: Case) -> None:
    """NaN spreads to all that depends on it, be it by the last bit, which a comparison of tiles cannot see."""
    import torch

    network = case.network
    module = network_files.module(
        network
    ).double()  # in double precision no output shares its sums with its neighbours
    middle = network.halo + 2
    across = network.prepare(noise(1, 2 * middle + 1))
    across[..., middle] = np.nan
    for axis, tensor in ((3, across), (2, across.swapaxes(2, 3))):
        with torch.inference_mode():
            output = module(torch.from_numpy(tensor).double()).numpy()
        spoilt = np.isnan(output).any(axis=(0, 1, 5 - axis)).reshape(-1, network.scale).any(axis=1)
        reached = np.flatnonzero(spoilt) - middle
        assert (reached.min(), reached.max()) == (-network.halo, network.halo)


def _with_tiles(case: Case) -> BuiltKernel:
    backend = BACKENDS[case.backend]
    with backend.session(Placement()) as runtime:
        return case.op.build(backend, runtime, {**case.params, "tile": TILE_PX})
