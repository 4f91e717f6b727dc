"""Read the constants of a TFLite graph by parsing its flatbuffer; no TensorFlow runtime is needed.

The numbers of the fields are those in TensorFlow's ``tensorflow/compiler/mlir/lite/schema/schema.fbs``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

_MARK = b"TFL3"  # every TFLite file has these bytes at positions 4 to 7
# Numbers of the fields that are read, in the tables of the file:
_SUBGRAPHS, _BUFFERS = 2, 4  # in the table of the model
_TENSORS, _OPERATORS = 0, 3  # in the table of a subgraph
_SHAPE, _TYPE, _BUFFER, _NAME = 0, 1, 2, 3  # in the table of a tensor
_INPUTS = 1  # in the table of an operator
_DATA = 0  # in the table of a buffer
_FLOAT_TYPES = {0: np.dtype("<f4"), 1: np.dtype("<f2")}


def constants(content: bytes) -> dict[str, np.ndarray]:
    """Float constants of the first subgraph by tensor name, in the order in which its operators use them.

    Kernels get the axis order of torch: (output, row, column, input) becomes (output, input, row, column).

    Raises
    ------
    ValueError
        The content is not a TFLite graph, or is truncated.
    """
    if content[4:8] != _MARK:
        raise ValueError("not a TFLite graph")
    try:
        return dict(_constants(_Flatbuffer(content)))
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError("truncated TFLite graph") from error


def _constants(read: _Flatbuffer) -> Iterator[tuple[str, np.ndarray]]:
    model = read.target(0)
    graph = read.tables(model, _SUBGRAPHS)[0]
    tensors, buffers = read.tables(graph, _TENSORS), read.tables(model, _BUFFERS)
    for operator in read.tables(graph, _OPERATORS):
        for number in read.numbers(operator, _INPUTS):
            if number < 0:  # an optional input that this operator does not have
                continue
            tensor = tensors[number]
            kind = _FLOAT_TYPES.get(read.byte(tensor, _TYPE))
            data = read.bytes(buffers[read.number(tensor, _BUFFER)], _DATA)
            if kind is None or not data:
                continue
            values = np.frombuffer(data, kind).reshape(read.numbers(tensor, _SHAPE)).astype(np.float32)
            if values.ndim == 4:
                values = np.ascontiguousarray(values.transpose(0, 3, 1, 2))
            yield read.bytes(tensor, _NAME).decode(), values


class _Flatbuffer:
    """Reads fields of a flatbuffer's tables; a table is given by its position in the file."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def _at(self, format: str, position: int) -> int:
        if position < 0:  # struct.unpack_from would count it from the end of the file
            raise IndexError(position)
        (value,) = struct.unpack_from(format, self._content, position)
        return int(value)

    def target(self, position: int) -> int:
        """The position that the offset at `position` points to."""
        return position + self._at("<I", position)

    def _field(self, table: int, number: int) -> int:
        """The position of a field of a table; 0 if the field is absent, which means that it has its default."""
        fields = table - self._at("<i", table)
        if 4 + 2 * number >= self._at("<H", fields):
            return 0
        offset = self._at("<H", fields + 4 + 2 * number)
        return table + offset if offset else 0

    def _vector(self, table: int, number: int) -> tuple[int, int]:
        """The number of elements of a vector, and the position of the first."""
        field = self._field(table, number)
        if not field:
            return 0, 0
        start = self.target(field)
        return self._at("<I", start), start + 4

    def tables(self, table: int, number: int) -> list[int]:
        count, start = self._vector(table, number)
        return [self.target(start + 4 * index) for index in range(count)]

    def numbers(self, table: int, number: int) -> list[int]:
        count, start = self._vector(table, number)
        return [self._at("<i", start + 4 * index) for index in range(count)]

    def bytes(self, table: int, number: int) -> bytes:
        count, start = self._vector(table, number)
        if start + count > len(self._content):
            raise IndexError(start + count)
        return self._content[start : start + count]

    def number(self, table: int, number: int) -> int:
        field = self._field(table, number)
        return self._at("<I", field) if field else 0

    def byte(self, table: int, number: int) -> int:
        field = self._field(table, number)
        return self._at("<B", field) if field else 0
