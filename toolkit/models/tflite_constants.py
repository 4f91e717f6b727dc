"""Reading the constants of a TFLite graph; its flatbuffer is taken apart here, no runtime is needed.

Numbers of tables' fields are those of TensorFlow's ``tensorflow/compiler/mlir/lite/schema/schema.fbs``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

_MARK = b"TFL3"
_SUBGRAPHS, _BUFFERS = 2, 4  # of the model
_TENSORS, _OPERATORS = 0, 3  # of a subgraph
_SHAPE, _TYPE, _BUFFER, _NAME = 0, 1, 2, 3  # of a tensor
_INPUTS = 1  # of an operator
_DATA = 0  # of a buffer
_TYPES = {0: np.dtype("<f4"), 1: np.dtype("<f2")}


def constants(content: bytes) -> dict[str, np.ndarray]:
    """Float constants of the first subgraph by their tensors' names, in the order in which its operators take them.

    Kernels come as torch has them: (output, row, column, input) becomes (output, input, row, column).

    Raises
    ------
    ValueError
        Not a TFLite graph, or half of one.
    """
    if content[4:8] != _MARK:
        raise ValueError("no TFLite graph")
    try:
        return dict(_constants(_Flatbuffer(content)))
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError("half a TFLite graph") from error


def _constants(read: _Flatbuffer) -> Iterator[tuple[str, np.ndarray]]:
    model = read.target(0)
    graph = read.tables(model, _SUBGRAPHS)[0]
    tensors, buffers = read.tables(graph, _TENSORS), read.tables(model, _BUFFERS)
    for operator in read.tables(graph, _OPERATORS):
        for number in read.numbers(operator, _INPUTS):
            if number < 0:  # an input that is left out
                continue
            tensor = tensors[number]
            kind = _TYPES.get(read.byte(tensor, _TYPE))
            data = read.bytes(buffers[read.number(tensor, _BUFFER)], _DATA)
            if kind is None or not data:
                continue
            values = np.frombuffer(data, kind).reshape(read.numbers(tensor, _SHAPE)).astype(np.float32)
            yield read.bytes(tensor, _NAME).decode(), values if values.ndim != 4 else _torch_order(values)


def _torch_order(kernel: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(kernel.transpose(0, 3, 1, 2))


class _Flatbuffer:
    """Fields of tables; a table is known by its place in the file."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def _at(self, format: str, place: int) -> int:
        if place < 0:  # struct would count from the end
            raise IndexError(place)
        (value,) = struct.unpack_from(format, self._content, place)
        return int(value)

    def target(self, place: int) -> int:
        """What the offset at `place` points to."""
        return place + self._at("<I", place)

    def _field(self, table: int, number: int) -> int:
        """Where a field of a table is; 0 where it has its default and is left out."""
        fields = table - self._at("<i", table)
        if 4 + 2 * number >= self._at("<H", fields):
            return 0
        offset = self._at("<H", fields + 4 + 2 * number)
        return table + offset if offset else 0

    def _vector(self, table: int, number: int) -> tuple[int, int]:
        """How many elements, and where the first is."""
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
