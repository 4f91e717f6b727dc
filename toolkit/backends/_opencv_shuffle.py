"""The pixel shuffle of OpenCV's networks, of which one process has OpenCV's own or that of dnn_superres.

dnn_superres puts its own in the place of OpenCV's, once a process and for good, which spoils every ONNX graph that has
one. Taken out again it does not come back; its graphs then run with OpenCV's, which computes the same and names its
block otherwise.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_LAYER = "DepthToSpace"


def restore(cv2: Any) -> None:
    """OpenCV's own from here on, as ONNX graphs need it."""
    if _is_replaced(cv2):
        cv2.dnn_unregisterLayer(_LAYER)


@contextmanager
def readable(cv2: Any, graph: Path) -> Iterator[Path]:
    """A file of dnn_superres for whichever shuffle is there: itself, or a copy that names the block as OpenCV does."""
    if _is_replaced(cv2):
        yield graph
        return
    # A string with its length before it, the second time in two bytes, so that nothing around it changes.
    content = graph.read_bytes().replace(b"\x0a\x0ablock_size", b"\x0a\x89\x00blocksize")
    with tempfile.TemporaryDirectory(prefix="atelier-") as folder:
        copy = Path(folder, graph.name)
        copy.write_bytes(content)
        yield copy


def _is_replaced(cv2: Any) -> bool:
    """Whether that of dnn_superres is there."""
    net = cv2.dnn.Net()
    net.addLayer("probe", _LAYER, cv2.CV_32F, {"block_size": 2})
    try:
        net.getLayer(1)
    except cv2.error:  # OpenCV's own calls it "blocksize"
        return False
    return True
