"""The backend OpenCV: OpenCV's filters on the CPU."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from toolkit.contracts.backend import Backend, Placement
from toolkit.core.choices import Device
from toolkit.core.params import Value


class OpenCV(Backend):
    """Passes the module ``cv2`` to kernels. ``cv2.setNumThreads`` applies to the whole process."""

    name = "opencv"
    module = "cv2"
    distribution = "opencv-contrib-python"

    @contextmanager
    def session(self, placement: Placement) -> Iterator[Any]:
        self.check(placement)
        import cv2

        before = cv2.getNumThreads()
        cv2.setNumThreads(placement.threads)
        try:
            yield cv2
        finally:
            cv2.setNumThreads(before)

    def observed(self) -> Mapping[str, Value]:
        import cv2

        return {"threads": cv2.getNumThreads(), "device": Device.CPU}


BACKEND = OpenCV()
