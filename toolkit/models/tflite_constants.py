"""Read the constants of a TFLite graph with the package flatbuffers; no TensorFlow runtime is needed.

The field numbers in this module are those in TensorFlow's ``tensorflow/compiler/mlir/lite/schema/schema.fbs``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from flatbuffers import number_types as types
from flatbuffers.table import Table

# The bytes that every TFLite file has at positions 4 to 7.
_MARK = b"TFL3"
# Numbers of fields in the tables of the model, of a subgraph, of a tensor, of an operator and of a buffer.
_SUBGRAPHS, _BUFFERS = 2, 4
_TENSORS, _OPERATORS = 0, 3
_SHAPE, _TYPE, _BUFFER, _NAME = 0, 1, 2, 3
_INPUTS = 1
_DATA = 0
_FLOAT_TYPES = {0: np.dtype("<f4"), 1: np.dtype("<f2")}


def constants(content: bytes) -> dict[str, np.ndarray]:
    """Float constants of a TFLite file's first subgraph, by tensor name, in the order in which operators use them.

    Convolution kernels get the axis order of torch: (output, row, column, input) becomes (output, input, row, column).

    Raises
    ------
    ValueError
        The content is not a TFLite graph, or is truncated.
    """
    if content[4:8] != _MARK:
        raise ValueError("not a TFLite graph")
    try:
        return dict(_constants(content))
    except (struct.error, IndexError, ValueError) as error:
        raise ValueError("truncated TFLite graph") from error


def _constants(content: bytes) -> Iterator[tuple[str, np.ndarray]]:
    model = Table(content, Table(content, 0).Indirect(0))
    graph = _tables(model, _SUBGRAPHS)[0]
    tensors, buffers = _tables(graph, _TENSORS), _tables(model, _BUFFERS)
    for operator in _tables(graph, _OPERATORS):
        for number in _vector(operator, _INPUTS, types.Int32Flags):
            if number < 0:  # a negative number marks an optional input that this operator omits
                continue
            tensor = tensors[number]
            kind = _FLOAT_TYPES.get(tensor.GetSlot(_slot(_TYPE), 0, types.Uint8Flags))
            buffer = buffers[tensor.GetSlot(_slot(_BUFFER), 0, types.Uint32Flags)]
            data = _vector(buffer, _DATA, types.Uint8Flags)
            if kind is None or not data.size:
                continue
            values = data.view(kind).reshape(_vector(tensor, _SHAPE, types.Int32Flags)).astype(np.float32)
            if values.ndim == 4:
                values = np.ascontiguousarray(values.transpose(0, 3, 1, 2))
            yield _vector(tensor, _NAME, types.Uint8Flags).tobytes().decode(), values


def _slot(number: int) -> int:
    """Position of a field's offset in the list of offsets (vtable) of its table."""
    return 4 + 2 * number


def _vector(table: Table, number: int, kind: type) -> npt.NDArray[np.generic]:
    """The numbers in a field of a table; an empty array if the field is absent."""
    field = table.Offset(_slot(number))
    return np.asarray(table.GetVectorAsNumpy(kind, field)) if field else np.empty(0, np.uint8)


def _tables(table: Table, number: int) -> list[Table]:
    """The tables in a field of a table; an empty list if the field is absent."""
    field = table.Offset(_slot(number))
    if not field:
        return []
    start = table.Vector(field)
    return [Table(table.Bytes, table.Indirect(start + 4 * i)) for i in range(table.VectorLen(field))]
