"""Constants of graphs that Google's flatbuffer writer wrote are read; truncated graphs are refused."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.core.errors import InvalidValue
from toolkit.models import loading, weights
from toolkit.models.checkpoint import read
from toolkit.models.tflite_constants import constants


def graph(tensors: list[tuple[str, np.ndarray | None]], operators: list[list[int]]) -> bytes:
    """A TFLite file of these tensors, None for those that are computed, and of operators with these inputs."""
    flatbuffers = pytest.importorskip("flatbuffers", reason="the graph is written with flatbuffers")
    b = flatbuffers.Builder(0)

    def table(fields: int, **slots: tuple[str, int]) -> int:
        b.StartObject(fields)
        for slot, (kind, value) in slots.items():
            getattr(b, f"Prepend{kind}Slot")(int(slot[1:]), value, 0)
        return b.EndObject()

    def references(tables: list[int]) -> int:
        b.StartVector(4, len(tables), 4)
        for place in reversed(tables):
            b.PrependUOffsetTRelative(place)
        return b.EndVector()

    def numbers(values: list[int]) -> int:
        return b.CreateNumpyVector(np.array(values, np.int32))

    types = {"float32": 0, "float16": 1, "int32": 2}
    written, buffers = [], [table(3)]
    for name, values in tensors:
        shape = numbers([1] if values is None else list(values.shape))
        called = b.CreateString(name)
        kind = 0 if values is None else types[values.dtype.name]
        slots = {"s0": shape, "s3": called}
        data = None if values is None else b.CreateByteVector(values.tobytes())
        number = len(buffers)
        buffers.append(table(3) if data is None else table(3, s0=("UOffsetTRelative", data)))
        slots = {slot: ("UOffsetTRelative", place) for slot, place in slots.items()}
        written.append(table(5, **slots, s1=("Int8", kind), s2=("Uint32", number)))
    inputs = [numbers(taken) for taken in operators]
    steps = [table(5, s1=("UOffsetTRelative", taken)) for taken in inputs]
    subgraph = {"s0": references(written), "s3": references(steps)}
    first = table(5, **{slot: ("UOffsetTRelative", place) for slot, place in subgraph.items()})
    model = {"s2": references([first]), "s4": references(buffers)}
    b.Finish(
        table(5, **{slot: ("UOffsetTRelative", place) for slot, place in model.items()}),
        file_identifier=b"TFL3",
    )
    return bytes(b.Output())


KERNEL = np.arange(2 * 3 * 3 * 5, dtype=np.float32).reshape(2, 3, 3, 5)
CONTENT = (
    ("second/bias", np.array([3.0, 4.0], np.float16)),
    ("picture", None),
    ("first/kernel", KERNEL),
    ("shape", np.array([1, 2], np.int32)),
    ("first/bias", np.array([1.0, 2.0], np.float32)),
    ("unused", np.zeros(7, np.float32)),
)


def test_float_constants_come_in_the_order_of_use_and_kernels_as_torch_has_them():
    found = constants(graph(list(CONTENT), [[1, 2, 4], [-1, 3, 0]]))
    assert list(found) == ["first/kernel", "first/bias", "second/bias"]
    assert found["first/kernel"].shape == (2, 5, 3, 3)
    assert np.array_equal(found["first/kernel"].transpose(0, 2, 3, 1), KERNEL)
    assert found["second/bias"].dtype == np.float32 and found["second/bias"].tolist() == [3, 4]


def test_half_a_graph_is_one_sentence_wherever_it_ends(tmp_path):
    whole, path = graph(list(CONTENT), [[1, 2, 4], [-1, 3, 0]]), tmp_path / "half.tflite"
    for length in range(len(whole) - 8):  # the last bytes are of what is not read
        path.write_bytes(whole[:length])
        with pytest.raises(InvalidValue, match="'half.tflite' (cannot be read as .tflite|must hold float)"):
            read(path)


def test_a_graph_without_floats_says_so(tmp_path):
    (tmp_path / "int.tflite").write_bytes(graph([CONTENT[3]], [[0]]))
    with pytest.raises(InvalidValue, match="must hold float"):
        read(tmp_path / "int.tflite")


def test_the_published_graph_fills_the_module_and_another_one_does_not(real_weights, monkeypatch):
    monkeypatch.setenv("ATELIER_WEIGHTS", str(real_weights))
    arguments = {"scale": 2, "blocks": 5, "filters": 64, "residual_scale": 1.0}
    module = loading.load("edsr", arguments, weights.find("f64b5_fp32.tflite"))
    assert sum(parameter.numel() for parameter in module.parameters()) == 414924
    with pytest.raises(InvalidValue, match=r"'prisma-net\.tflite' do not fit edsr"):
        loading.load("edsr", arguments, weights.find("prisma-net.tflite"))
