"""Every operation on every backend keeps its promises; a new plug-in is tested with no edit here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest

import toolkit as tk
from toolkit.bench.agreement import agreement
from toolkit.contracts.backend import BACKENDS, Placement
from toolkit.contracts.operation import OPERATIONS
from toolkit.core.errors import InvalidValue
from toolkit.core.params import Param, Value
from toolkit.images.image import Image

FILTERS = [o for o in OPERATIONS if OPERATIONS[o].network is None]  # networks have contracts of their own
PAIRS = [(o, b) for o in FILTERS for b in BACKENDS if OPERATIONS[o].runs_on(BACKENDS[b])]
SIZES = [(1, 1), (2, 3), (1, 9), (17, 31), (37, 53)]
"""Height and width, px."""

each_pair = pytest.mark.parametrize(("operation", "backend"), PAIRS)


def _ends(param: Param) -> list[Value]:
    """The extreme values that a parameter admits."""
    if param.choices:
        return list(param.choices)
    if isinstance(param.default, bool):
        return [False, True]
    ends = [end for end in (param.low, param.high) if end is not None]
    return [int(end) if isinstance(param.default, int) else end for end in ends]


EXTREMES = [
    pytest.param(o, b, {p.name: value}, id=f"{o}-{b}-{p.name}={value}")
    for o, b in PAIRS
    for p in OPERATIONS[o].params
    for value in _ends(p)
]


@contextmanager
def opened(
    operation: str, backend: str, *, threads: int = 1, **given: Value
) -> Iterator[Callable[[Image], Image]]:
    """The kernel as a worker would build it."""
    op, runtime_of = OPERATIONS[operation], BACKENDS[backend]
    if not runtime_of.is_installed():
        pytest.skip(f"backend {backend} is not installed")
    with runtime_of.session(Placement(threads=threads)) as runtime:
        yield op.build(runtime_of, runtime, op.resolve(given))


def noise(height: int, width: int) -> Image:
    return np.random.default_rng(height * 1000 + width).integers(0, 256, (height, width, 3), dtype=np.uint8)


def photo() -> Image:
    """Part of a real photograph: edges, fur, flat areas."""
    return np.ascontiguousarray(tk.photo("chelsea")[60:180, 100:260])


def assert_keeps_the_contract(operation: str, out: Image, image: Image, given: dict[str, Value]) -> None:
    op = OPERATIONS[operation]
    assert isinstance(out, np.ndarray)
    assert out.dtype == np.uint8
    assert out.shape == op.shape(*image.shape[:2], op.resolve(given))
    assert out.flags.c_contiguous


def assert_agrees(operation: str, backend: str, out: Image, reference: Image) -> None:
    op = OPERATIONS[operation]
    found = agreement(
        out, reference, tolerance=op.tolerance_of(backend, "fp32", op.resolve({})), backend=op.reference
    )
    assert found.agrees, found


@each_pair
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_output_has_the_promised_type_and_shape(
    operation: str, backend: str, height: int, width: int
) -> None:
    image = noise(height, width)
    with opened(operation, backend) as kernel:
        assert_keeps_the_contract(operation, kernel(image), image, {})


@each_pair
def test_the_input_is_neither_changed_nor_returned(operation: str, backend: str) -> None:
    image = noise(37, 53)
    before = image.copy()
    image.setflags(write=False)
    with opened(operation, backend) as kernel:
        out = kernel(image)
        assert np.array_equal(image, before)
        again = kernel(image)
    assert not np.shares_memory(out, image)
    assert not np.shares_memory(out, again)
    assert out.flags.writeable


@pytest.mark.parametrize(("operation", "backend", "given"), EXTREMES)
def test_parameters_work_at_both_ends(operation: str, backend: str, given: dict[str, Value]) -> None:
    image = photo()[:48, :64].copy()
    with opened(operation, backend, **given) as kernel:
        out = kernel(image)
    assert_keeps_the_contract(operation, out, image, given)
    reference = OPERATIONS[operation].reference
    if backend != reference:
        with opened(operation, reference, **given) as kernel:
            assert_agrees(operation, backend, out, kernel(image))


def _beyond(param: Param) -> list[Value]:
    """Values just outside those that a parameter admits; none for a text or a switch."""
    if param.choices:
        return ["no such choice"]
    ends = [] if param.low is None else [param.low - 1]
    return ends if param.high is None else [*ends, param.high + 1, float("nan")]


BEYOND = [
    pytest.param(o, {p.name: value}, id=f"{o}-{p.name}={value}")
    for o in FILTERS
    for p in OPERATIONS[o].params
    for value in _beyond(p)
]


@pytest.mark.parametrize(("operation", "given"), BEYOND)
def test_a_parameter_beyond_its_bounds_is_refused(operation: str, given: dict[str, Value]) -> None:
    (name,) = given
    with pytest.raises(InvalidValue, match=f"'{name}' of {operation} must be"):
        OPERATIONS[operation].resolve(given)


@each_pair
@pytest.mark.parametrize("look", ["mirrored", "every second pixel", "cut out", "transposed", "read-only"])
def test_memory_layout_makes_no_difference(operation: str, backend: str, look: str) -> None:
    whole = photo()
    image = {
        "mirrored": whole[:, ::-1],
        "every second pixel": whole[::2, ::2],
        "cut out": whole[3:60, 5:70],
        "transposed": whole.transpose(1, 0, 2),
        "read-only": whole.copy(),
    }[look]
    image.setflags(write=False)
    with opened(operation, backend) as kernel:
        expected = kernel(np.array(image, order="C"))
    out = tk.apply(operation, image, backend=backend, threads=1)
    assert np.array_equal(out, expected)


@each_pair
@pytest.mark.parametrize("make", [photo, lambda: noise(61, 83)], ids=["photo", "noise"])
def test_agrees_with_its_reference(operation: str, backend: str, make: Callable[[], Image]) -> None:
    image = make()
    with opened(operation, backend) as kernel:
        out = kernel(image)
    with opened(operation, OPERATIONS[operation].reference) as kernel:
        assert_agrees(operation, backend, out, kernel(image))


@each_pair
def test_threads_and_repeats_change_nothing(operation: str, backend: str) -> None:
    image = photo()
    with opened(operation, backend) as kernel:
        one = kernel(image)
        assert np.array_equal(kernel(image), one)
    with opened(operation, backend, threads=2) as kernel:
        assert_agrees(operation, backend, kernel(image), one)


@each_pair
def test_a_photo_changes(operation: str, backend: str) -> None:
    image = photo()
    # A pre-step does nothing to a picture that is small enough already.
    given: dict[str, Value] = {"fit_pixels": {"pixels": 2000}, "fit_side": {"side": 40}}.get(operation, {})
    with opened(operation, backend, **given) as kernel:
        out = kernel(image)
    assert out.shape != image.shape or not np.array_equal(out, image)
