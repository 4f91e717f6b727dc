"""What a plug-in leaves out has a sensible default; what it declares wrongly is one sentence when it is loaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import toolkit as tk
from toolkit.bench.grid import Grid
from toolkit.contracts.notation import parse_backend, parse_trial
from toolkit.core.errors import InvalidValue, UnknownName

SOURCE = """
import toolkit as tk

def _build(runtime, **fixed):
    return lambda image, **params: image // 2

class Mine(tk.Backend):
    name = "{name}"
    {attribute}
    def session(self, placement): ...

OPERATION = tk.Operation(**{{**dict(
    name="{name}", summary="Half as bright.", kernels={{"numpy": _build}}, params=(tk.Param(name="size", default=3),),
), **dict({given})}})
"""


@pytest.fixture
def load(tmp_path: Path, request: pytest.FixtureRequest):
    """Load a plug-in whose declaration is changed in the given ways, under a name that no other test has."""
    name = f"plug_{abs(hash(request.node.nodeid))}"

    def load(given: str = "", attribute: str = "pass") -> tk.Operation:
        file = tmp_path / f"{name}.py"
        file.write_text(SOURCE.format(name=name, given=given, attribute=attribute))
        tk.load_plugin(file)
        return tk.OPERATIONS[name]

    return load


@pytest.mark.parametrize(
    ("kernels", "reference", "prefer"),
    [
        ("numba numpy", "numpy", ("numba", "numpy")),
        ("numba torch", "numba", ("numba", "torch")),
        ("torch:slow numpy:plain numpy", "numpy:plain", ("torch:slow", "numpy:plain", "numpy")),
        ("numpy", "numpy", ("numpy",)),
    ],
)
def test_reference_and_order_have_defaults(load, kernels, reference, prefer):
    operation = load(f"kernels=dict.fromkeys({kernels!r}.split(), _build)")
    assert (operation.reference, operation.prefer) == (reference, prefer)
    assert operation.choose_backend(400, 600, operation.resolve({})) in prefer


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("prefer=('numba',)", "prefer"),
        ("prefer=('numpy')", "prefer"),
        ("reference='opencv'", "reference"),
        ("reference=3", "reference"),
        ("kernels={}", "kernels"),
        ("kernels=_build", "kernels"),
        ("kernels={'numpy': 3}", "kernels"),
        ("kernels={'numpy:': _build}", "kernels"),
        ("params=(tk.Param(name='size', default=3))", "params"),
        ("params=('size',)", "params"),
        ("params=(tk.Param(name='size', default='3', low=1),)", "low"),
        ("params=(tk.Param(name='size', default=3, low='1'),)", "low"),
        ("params=(tk.Param(name='size', default=None),)", "default"),
        ("params=(tk.Param(name='size', default=9, high=5),)", "size"),
        ("params=(tk.Param(name='size', default=3, choices=('a',)),)", "size"),
        ("params=(tk.Param(name='size', default='a', choices='a'),)", "choices"),
        ("params=(tk.Param(name=3, default=3),)", "name"),
        ("summary=None", "summary"),
        ("network='edsr'", "network"),
        ("size_limits={'numpy': 'too large'}", "size_limits"),
        ("size_limits={'opencv': _build}", "size_limits"),
        ("channels=2", "channels"),
        ("channels='3'", "channels"),
        ("scale=0.5", "scale"),
        ("is_style='yes'", "is_style"),
        ("tolerance=2", "tolerance"),
        ("tolerances={'numpy': 2}", "tolerances"),
        ("task='matting'", "task"),
        ("presets={'strong': 9}", "presets"),
        ("presets={'strong': {'side': 9}}", "side"),
        ("output_shape=(1, 2, 3)", "output_shape"),
    ],
)
def test_a_wrong_declaration_is_one_sentence_when_it_is_loaded(load, given, named):
    with pytest.raises(InvalidValue, match=named) as caught:
        load(given)
    said = str(caught.value)
    assert "\n" not in said
    assert "Error" not in said  # the sentence is ours, and no exception of Python


@pytest.mark.parametrize(
    "attribute", ["devices = 'cpu'", "options = ('fast',)", "formats = 'onnx'", "module = 3"]
)
def test_a_backend_with_a_wrong_type_is_one_sentence(load, attribute):
    with pytest.raises(InvalidValue, match=attribute.partition(" ")[0]):
        load(attribute=attribute)


@pytest.fixture
def two_ideas(load):
    """An operation with two kernels on one backend."""
    return load("kernels={'numpy': _build, 'numpy:tiled': _build}")


def test_a_kernel_may_have_a_name_of_its_own(two_ideas):
    name = two_ideas.name
    trial = parse_trial(f"{name}@numpy:tiled:threads=2")
    assert (trial.backend, trial.placement.threads) == ("numpy:tiled", 2)
    assert parse_trial(str(trial)) == trial
    assert trial.label.startswith(f"{name}@numpy:tiled:")
    assert parse_backend("numpy:tiled") == ("numpy:tiled", ())
    assert np.array_equal(
        tk.apply(name, tk.photo("coffee"), backend="numpy:tiled"), tk.apply(name, tk.photo("coffee"))
    )
    every = Grid(operations=(name,), backends=("all",), megapixels=(0.01,)).trials()
    assert [one.backend for one in every] == ["numpy", "numpy:tiled"]


@pytest.mark.parametrize("written", ["{}@numpy:tilted", "{}@numpy:tilted:threads=2"])
def test_a_misspelt_kernel_has_a_suggestion(two_ideas, written):
    with pytest.raises(UnknownName, match="Did you mean 'numpy:tiled'"):
        parse_trial(written.format(two_ideas.name))
    with pytest.raises(UnknownName, match="kernel of"):
        Grid(operations=(two_ideas.name,), backends=("numpy:tilted",)).trials()


def test_two_kernels_of_one_backend_are_measured_in_turns(two_ideas):
    name = two_ideas.name
    found = tk.sweep(
        Grid(
            operations=(name,),
            backends=("all",),
            sizes=((32, 24),),
            images=("coffee",),
            plugins=_file_of(name),
        )
    )
    assert {(m.trial.backend, m.is_ok) for m in found} == {("numpy", True), ("numpy:tiled", True)}


def _file_of(name: str) -> tuple[tuple[str, str], ...]:
    file = str(tk.OPERATIONS.source(name))
    return ((file, tk.load_plugin(file)),)
