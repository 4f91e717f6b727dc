"""The formats of a network, the paths of its weights and graphs, and its torch module."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from toolkit.core.errors import InvalidValue, Unavailable, Unsupported
from toolkit.models import weights
from toolkit.models.network import Network
from toolkit.models.onnx_bytes import data_files, is_whole, require_float


def formats(network: Network) -> set[str]:
    """The formats in which a network exists or to which it can be exported: torch, onnx, pb, tflite."""
    exported = {"torch", "onnx"} if network.architecture else set()
    return exported | set(network.graphs) | ({"onnx"} if network.own is not None else set())


def checkpoint(network: Network) -> Path | None:
    """The file of the published weights, after a check of its checksum; None for weights that are drawn from a seed.

    Raises
    ------
    Unavailable
        The file of weights is not on this machine, or no weights are published.
    """
    if network.seed is not None:
        return None
    if not network.weights:
        raise Unavailable(
            f"no weights are published for {network.name}; run it with weights=untrained, which draws random weights."
        )
    return weights.find(network.weights)


def graph(network: Network, format: str) -> Path | None:
    """The file of the network's graph in one format; None if the network has no such file.

    The checksum of a published file is checked.

    Raises
    ------
    Unavailable
        The graph's file is not on this machine.
    InvalidValue
        `require_own` refuses the user's own ONNX file.
    """
    if format == "onnx" and network.own is not None:
        require_own(network)
        return network.own
    return weights.find(network.graphs[format]) if format in network.graphs else None


def require_own(network: Network | None) -> None:
    """Refuse a user's own network file that no runtime can load; networks without such a file are not checked.

    Raises
    ------
    InvalidValue
        The file does not exist, is not a whole ONNX graph, or its inputs or outputs are not float32.
    """
    if network is None or network.own is None:
        return
    got = "" if is_whole(network.own) else f"{str(network.own)!r}, which has no graph or ends early"
    if not network.own.is_file():
        got = "none" if network.own == Path() else f"{str(network.own)!r}, which is not a file"
    if got:
        raise InvalidValue(f"'file' must be the path of an ONNX file; got {got}.")
    require_float(network.own)


def files(network: Network) -> list[Path]:
    """The files with the network's weights and graphs on this machine; their checksums are not checked."""
    if network.seed is not None:
        return []
    names = [*filter(None, (network.weights,)), *network.graphs.values()]
    found = [path for path in map(weights.where, names) if path is not None]
    if network.own is not None and network.own.is_file():
        found += [network.own, *data_files(network.own)]
    return found


def module(network: Network) -> Any:
    """A network's torch module in eval mode, with its weights; this function imports torch.

    Raises
    ------
    Unsupported
        The network is published as a graph only.
    Unavailable
        The weights are not on this machine.
    InvalidValue
        The weights cannot be read, or belong to another architecture.
    """
    loading, path = _loading(network), checkpoint(network)
    if path is None:
        return loading.seeded(network.architecture, network.arguments, network.seed)
    return loading.load(network.architecture, network.arguments, path)


def module_opener(network: Network) -> Callable[[], Any]:
    """A function that loads a network's torch module again at each call.

    The weights are found and checked, or chosen at random, before `module_opener` returns: a call only loads the
    module.

    Raises
    ------
    Unsupported, Unavailable, InvalidValue
        The module cannot be loaded, for the reasons that `module` lists.
    """
    loading, path = _loading(network), checkpoint(network)
    if path is None:
        drawn = loading.seeded(network.architecture, network.arguments, network.seed)
        return partial(loading.restored, network.architecture, network.arguments, loading.saved(drawn))
    return partial(loading.load, network.architecture, network.arguments, path)


def _loading(network: Network) -> Any:
    if not network.architecture:
        published = ", ".join(network.graphs) or "onnx"
        raise Unsupported(
            f"{network.name} has no torch module; it is published as a graph only ({published})."
        )
    # imported in this function, so that listing operations does not import torch
    from toolkit.models import loading

    return loading


def fixed_size(file: Path) -> tuple[int, int] | None:
    """Width and height, px, of an ONNX file's input if they are fixed and the input has three channels; otherwise None.

    The result is also None if the file is not an ONNX graph (the runtime then reports the reason), or if the package
    onnx is not installed.
    """
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError:
        return None
    try:
        graph = onnx.load(file, load_external_data=False).graph
    except (DecodeError, OSError):
        return None
    stored = {tensor.name for tensor in graph.initializer}
    inputs = [given.type.tensor_type.shape.dim for given in graph.input if given.name not in stored]
    if len(inputs) != 1 or len(inputs[0]) != 4:
        return None
    # An axis of any length has dim_value 0 in onnx.
    _, channels, height, width = (dim.dim_value for dim in inputs[0])
    return (width, height) if channels == 3 and width > 0 and height > 0 else None
