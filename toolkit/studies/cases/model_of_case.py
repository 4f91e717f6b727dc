"""The network of a case study on a backend, with published weights if this machine has them, else untrained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from toolkit.contracts.backend import BACKENDS
from toolkit.contracts.kernel import BuiltKernel
from toolkit.contracts.operation import OPERATIONS
from toolkit.contracts.placed import Placed, placement_for
from toolkit.core.choices import Device, Precision
from toolkit.core.errors import AtelierError
from toolkit.images.image import Image
from toolkit.models import weights
from toolkit.models.network import Network

STAGES = ("prepare the picture", "run the network", "make the picture")


@dataclass(frozen=True, kw_only=True)
class Model:
    """A network and the backend that runs it, as values that can be sent to another process.

    Attributes
    ----------
    operation, backend, precision, device : str
        Names of the operation that runs the network, of its backend, precision and device.
    threads : int or None
        Number of threads; None: one thread for each processor that this process may use.
    params : mapping
        Parameters of the operation that differ from its defaults, such as ``reload``.
    may_be_untrained : bool
        Whether the network may run with random weights if its published weights are not on this machine.
    """

    operation: str
    backend: str
    precision: str = Precision.FP32
    device: str = Device.CPU
    threads: int | None = 1
    params: dict[str, Any] = field(default_factory=dict)
    may_be_untrained: bool = True

    @property
    def is_untrained(self) -> bool:
        """Whether the network runs with random weights, which are computed from a seed."""
        asked = self.params.get("weights") == "untrained"
        return asked or (self.may_be_untrained and bool(missing_weights(self._published)))

    @property
    def _published(self) -> Network:
        op = OPERATIONS[self.operation]
        params = {key: value for key, value in self.params.items() if key != "weights"}
        network = op.network_of(op.resolve(params))
        assert network is not None
        return network

    @property
    def placed(self) -> Placed:
        """The operation with its parameters, backend, threads, precision and device."""
        op = OPERATIONS[self.operation]
        params = {**self.params, **({"weights": "untrained"} if self.is_untrained else {})}
        placement = placement_for(self.threads, self.precision, self.device)
        return Placed(op, op.resolve(params), BACKENDS[self.backend], placement)

    @contextmanager
    def opened(self) -> Iterator[BuiltKernel]:
        """The opened kernel, which may return the noise that a network with untrained weights makes."""
        with self.placed.opened(may_be_empty=self.is_untrained) as kernel:
            yield kernel

    def missing(self) -> str:
        """Why the network cannot run on this machine, and how to get what is missing; ``""`` if it can run."""
        try:
            self.placed.check()
            if not self.is_untrained:
                _require_weights(self._published)
        except AtelierError as error:
            return str(error)
        return ""

    @property
    def weights_text(self) -> str:
        """The kind of weights in words: ``untrained (seeded weights)`` or ``published weights``."""
        return "untrained (seeded weights)" if self.is_untrained else "published weights"


def drawn_in_stages(kernel: BuiltKernel, image: Image, stages_s: dict[str, float]) -> Image:
    """Run a kernel on one picture; if the kernel runs a network, add the seconds of each stage to `stages_s`."""
    loaded = kernel.network
    if loaded is None:
        return kernel(image)
    began = perf_counter()
    tensor = loaded.network.prepare(image)
    prepared = perf_counter()
    found = loaded.infer(tensor)
    inferred = perf_counter()
    picture = loaded.network.finish(found, image)
    ends = (prepared - began, inferred - prepared, perf_counter() - inferred)
    for stage, seconds in zip(STAGES, ends, strict=True):
        stages_s[stage] = stages_s.get(stage, 0.0) + seconds
    return picture


def missing_weights(network: Network) -> str:
    """Name of the published weights file that this machine lacks; ``""`` if a file with the weights is present."""
    names = [*filter(None, (network.weights,)), *network.graphs.values()]
    if any(weights.where(name) is not None for name in names):
        return ""
    return names[0] if names else network.name


def _require_weights(network: Network) -> None:
    name = missing_weights(network)
    if name:
        weights.find(name)
