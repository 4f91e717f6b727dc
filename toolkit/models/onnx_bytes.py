"""Read from the bytes of an ONNX file whether the file is whole, which types it has, and which files hold weights.

The package ``onnx`` is not used, because importing ``onnx`` takes longer than some measurements. An ONNX file is
encoded with protobuf; the numbers of its fields are defined in ``onnx/onnx.proto``.
"""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from toolkit.core.errors import InvalidValue

# Field numbers of the model, of its graph, and of a tensor, an input or output, and its type.
_GRAPH = 7
_INITIALIZER, _INPUT, _OUTPUT = 5, 11, 12
_TENSOR_NAME, _VALUE_NAME, _VALUE_TYPE, _TENSOR_TYPE, _ELEMENT_TYPE = 8, 1, 2, 1, 1
_FLOAT = 1  # number of the type float32 in ONNX files
_TYPES = {2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string", 9: "bool"}
_TYPES |= {10: "float16", 11: "float64", 16: "bfloat16"}
_VARINT, _EIGHT_BYTES, _COUNTED, _FOUR_BYTES = 0, 1, 2, 5
_LOCATION = b"\x0a\x08location\x12"  # bytes before the name of the file that holds a tensor's external data
_LONGEST_VARINT = 10


def is_whole(path: Path) -> bool:
    """Whether an ONNX file exists, has a graph and ends with the end of its last field; only a few bytes are read."""
    try:
        with path.open("rb") as file:
            return _GRAPH in dict(_fields(file, range(path.stat().st_size)))
    except (OSError, EOFError):
        return False


def require_float(path: Path) -> None:
    """Refuse an ONNX graph whose inputs or output are not float32, which only some runtimes would convert.

    This function does not refuse an unreadable file, because the runtime that opens the file reports the reason.

    Raises
    ------
    InvalidValue
        An input, or the first output, has another type than float32.
    """
    if not is_whole(path):
        return
    with path.open("rb") as file:
        graph = _contents(file, range(path.stat().st_size), _GRAPH)[0]
        stored = {_name(file, tensor, _TENSOR_NAME) for tensor in _contents(file, graph, _INITIALIZER)}
        inputs = [
            one for one in _contents(file, graph, _INPUT) if _name(file, one, _VALUE_NAME) not in stored
        ]
        for noun, values in (("input", inputs), ("output", _contents(file, graph, _OUTPUT)[:1])):
            for value in values:
                number = _element_type(file, value)
                if number not in (None, _FLOAT):
                    got = _TYPES.get(number, f"type {number}")
                    raise InvalidValue(
                        f"model {path.name} must have a float32 {noun} (N, C, H, W); got {got}."
                    )


def _element_type(file: BinaryIO, value: range) -> int | None:
    """Number of the type that an input or output declares; None if the graph declares no type."""
    for field in (_VALUE_TYPE, _TENSOR_TYPE):
        value = next(iter(_contents(file, value, field)), range(0))
    number = dict(_fields(file, value)).get(_ELEMENT_TYPE)
    return number if isinstance(number, int) else None


def _name(file: BinaryIO, message: range, field: int) -> bytes:
    found = next(iter(_contents(file, message, field)), range(0))
    file.seek(found.start)
    return file.read(len(found))


def _contents(file: BinaryIO, message: range, field: int) -> list[range]:
    """Positions in the file of all contents that a protobuf message has in one field."""
    return [
        content
        for number, content in _fields(file, message)
        if number == field and isinstance(content, range)
    ]


def _fields(file: BinaryIO, message: range) -> list[tuple[int, int | range]]:
    """The number of each field of a protobuf message, with its value or with the position of its content in the file.

    Raises
    ------
    EOFError
        The bytes are not protobuf fields, or the last field does not end where the message ends.
    """
    found: list[tuple[int, int | range]] = []
    file.seek(message.start)
    while file.tell() < message.stop:
        number, kind = divmod(_varint(file), 8)
        value: int | range = 0
        if kind == _VARINT:
            value = _varint(file)
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            file.seek(8 if kind == _EIGHT_BYTES else 4, 1)
        elif kind == _COUNTED and number:
            length = _varint(file)
            value = range(file.tell(), file.tell() + length)
            file.seek(length, 1)
        else:
            raise EOFError
        found.append((number, value))
    if file.tell() != message.stop:
        raise EOFError
    return found


def data_files(path: Path) -> list[Path]:
    """Sorted paths of the other files that hold tensors of the ONNX file; missing files are left out."""
    found = set()
    for piece in path.read_bytes().split(_LOCATION)[1:]:
        rest = io.BytesIO(piece)
        with suppress(EOFError):  # bytes that match the pattern by chance are not protobuf fields
            length = _varint(rest)
            found.add(path.parent / piece[rest.tell() :][:length].decode("utf-8", "replace"))
    return sorted(file for file in found if _is_file(file))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except ValueError:  # a name with a zero byte is not a file name
        return False


def _varint(file: BinaryIO) -> int:
    value = 0
    for place in range(_LONGEST_VARINT):
        byte = file.read(1)
        if not byte:
            raise EOFError
        value |= (byte[0] & 0x7F) << 7 * place
        if byte[0] < 0x80:
            return value
    raise EOFError
