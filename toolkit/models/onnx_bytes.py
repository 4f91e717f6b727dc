"""Read from the bytes of an ONNX file whether it is complete, and which other files hold its weights.

Both facts are needed for each trial, and the package ``onnx`` is not used because importing it takes longer than some
trials. The file is encoded with protobuf; the numbers of its fields are defined in ``onnx/onnx.proto``.
"""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

_GRAPH = 7  # number of the field of the model that holds its graph
_VARINT, _EIGHT_BYTES, _COUNTED, _FOUR_BYTES = 0, 1, 2, 5
_LOCATION = b"\x0a\x08location\x12"  # in a tensor with external data, these bytes come before the file name
_LONGEST_VARINT = 10


def is_whole(path: Path) -> bool:
    """Whether the file exists, has a graph and ends with the end of its last field; reads only a few bytes."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            has_graph = False
            while file.tell() < size:
                number, kind = divmod(_varint(file), 8)
                if kind == _VARINT:
                    _varint(file)
                elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
                    file.seek(8 if kind == _EIGHT_BYTES else 4, 1)
                elif kind == _COUNTED and number:
                    file.seek(_varint(file), 1)
                else:
                    return False
                has_graph |= number == _GRAPH
            return has_graph and file.tell() == size
    except (OSError, EOFError):
        return False


def data_files(path: Path) -> list[Path]:
    """Sorted paths of the other files that hold tensors of the ONNX file; missing files are left out."""
    found = set()
    for piece in path.read_bytes().split(_LOCATION)[1:]:
        rest = io.BytesIO(piece)
        with suppress(EOFError):  # these bytes have the pattern by chance
            length = _varint(rest)
            found.add(path.parent / piece[rest.tell() :][:length].decode("utf-8", "replace"))
    return sorted(file for file in found if _is_file(file))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except ValueError:  # a name with a zero byte: these bytes are not a file name
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
