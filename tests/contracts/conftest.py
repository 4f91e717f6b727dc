from contextlib import nullcontext

import pytest

from toolkit.contracts.backend import BACKENDS, Backend
from toolkit.core.params import Param


class Choosy(Backend):
    """A runtime with options of its own; nothing is ever run on it."""

    name = "choosy"
    module = distribution = install = "os"
    options = (
        Param(name="streams", default=1, low=1, high=8),
        Param(name="pinned", default=True),
        Param(name="hint", default="latency", choices=("latency", "throughput")),
        Param(name="share", default=0.5, low=0.0, high=1.0),
    )

    def session(self, placement):
        return nullcontext()


@pytest.fixture(scope="module")
def choosy():
    """Registered for one file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BACKENDS, "_added", dict(BACKENDS._added))
        BACKENDS.add(Choosy())
        yield
