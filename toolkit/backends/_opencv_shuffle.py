"""The pixel shuffle layer of OpenCV's networks: a process has either OpenCV's layer or that of dnn_superres.

When a process uses dnn_superres for the first time, dnn_superres replaces OpenCV's layer with a layer of its own, which
breaks every ONNX graph with a pixel shuffle. Once the layer of dnn_superres is removed, dnn_superres does not register
it again. The graphs of dnn_superres then run with OpenCV's layer, which gives the same result but calls the block size
by another name.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_LAYER = "DepthToSpace"


def restore(cv2: Any) -> None:
    """Restore OpenCV's own pixel shuffle layer, which ONNX graphs need."""
    if _is_replaced(cv2):
        cv2.dnn_unregisterLayer(_LAYER)


@contextmanager
def readable(cv2: Any, graph: Path) -> Iterator[Path]:
    """Yield a graph file of dnn_superres that the registered pixel shuffle layer can read: `graph`, or a changed copy.

    In the changed copy of `graph`, the block size is called ``blocksize``, as OpenCV's own layer expects.
    """
    if _is_replaced(cv2):
        yield graph
        return
    # The file stores each string after its length. "blocksize" is one byte shorter than "block_size", so the copy
    # writes the length of the string in two bytes instead of one; the file then keeps its size and stays readable.
    content = graph.read_bytes().replace(b"\x0a\x0ablock_size", b"\x0a\x89\x00blocksize")
    with tempfile.TemporaryDirectory(prefix="atelier-") as folder:
        copy = Path(folder, graph.name)
        copy.write_bytes(content)
        yield copy


def _is_replaced(cv2: Any) -> bool:
    """Whether dnn_superres has replaced OpenCV's pixel shuffle layer in this process."""
    net = cv2.dnn.Net()
    net.addLayer("probe", _LAYER, cv2.CV_32F, {"block_size": 2})
    try:
        net.getLayer(1)
    except cv2.error:  # OpenCV's own layer refuses "block_size": it expects "blocksize"
        return False
    return True
