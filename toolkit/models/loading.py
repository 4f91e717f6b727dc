"""Build the torch module of an architecture and fill it with published or seeded weights."""

from __future__ import annotations

import importlib
import io
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from toolkit import nets
from toolkit.core.errors import InvalidValue
from toolkit.models import checkpoint

_PROBE_PX = 64


def load(architecture: str, arguments: Mapping[str, Any], path: Path) -> nn.Module:
    """The torch module of an architecture with the weights of a published file, in eval mode, without gradients.

    Parameters
    ----------
    architecture : str
        Name of a module of `toolkit.nets`.
    arguments : mapping
        Arguments of the function ``build`` of that module.
    path : Path
        Path of a file of weights that `toolkit.models.checkpoint.read` can read.

    Raises
    ------
    InvalidValue
        The file cannot be read, or holds the weights of another architecture.
    """
    source = _source(architecture)
    module = source.build(**arguments)
    state_from = getattr(source, "state_from", dict)
    published = state_from(checkpoint.read(path))
    state = {name: torch.from_numpy(values) for name, values in published.items()}
    reason = _mismatch(module.state_dict(), state)
    if reason:
        written = ", ".join(f"{name}={value}" for name, value in arguments.items())
        raise InvalidValue(f"weights {path.name!r} do not fit {architecture}({written}): {reason}.")
    module.load_state_dict(state)
    return _frozen(module)


def seeded(architecture: str, arguments: Mapping[str, Any], seed: int) -> nn.Module:
    """The torch module of an architecture with random weights drawn from `seed`, to time and to compare runtimes.

    The weights of convolutions are He-normal (He et al., ICCV 2015). The last convolution is scaled so that its
    output has the mean and spread of a trained network. Without this scaling, most outputs would be clipped to black,
    and two runtimes would agree although one of them is wrong.
    """
    module = _source(architecture).build(**arguments)
    generator = torch.Generator().manual_seed(seed)
    convs = [layer for layer in module.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)]
    # Layers whose weights are fixed by the architecture get no random weights.
    convs = [layer for layer in convs if layer.weight.requires_grad]
    _frozen(module)
    for conv in convs:
        nn.init.kaiming_normal_(conv.weight, nonlinearity="relu", generator=generator)
        if conv.bias is not None:
            nn.init.normal_(conv.bias, std=0.01, generator=generator)
    _spread_output(module, convs[-1], generator)
    return module


def linear_layers_in_int8(module: nn.Module) -> tuple[nn.Module, int]:
    """The module after PyTorch's dynamic quantisation of its ``nn.Linear`` layers, and the number of these layers.

    Dynamic quantisation does not touch convolutions, so a network without a linear layer does not change.
    """
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # newer versions of PyTorch warn that quantize_dynamic moves to another package
        quantised = torch.ao.quantization.quantize_dynamic(module, {nn.Linear}, dtype=torch.qint8)
    before = [type(layer) for layer in module.modules()]
    after = [type(layer) for layer in quantised.modules()]
    return quantised, sum(old is not new for old, new in zip(before, after, strict=False))


def saved(module: nn.Module) -> bytes:
    """A module's weights as the bytes of a checkpoint, which `restored` can load."""
    held = io.BytesIO()
    torch.save(module.state_dict(), held)
    return held.getvalue()


def restored(architecture: str, arguments: Mapping[str, Any], checkpoint: bytes) -> nn.Module:
    """The torch module with the weights that `saved` returned; a call takes as long as loading weights from a file."""
    module = _source(architecture).build(**arguments)
    module.load_state_dict(torch.load(io.BytesIO(checkpoint), weights_only=True))
    return _frozen(module)


def _spread_output(module: nn.Module, last: nn.Conv2d, generator: torch.Generator) -> None:
    signal = module.signal
    seen: list[torch.Tensor] = []
    hook = last.register_forward_hook(lambda layer, args, output: seen.append(output))
    first = next(layer for layer in module.modules() if isinstance(layer, nn.Conv2d))
    coarse = torch.rand(1, first.in_channels, _PROBE_PX // 8, _PROBE_PX // 8, generator=generator)
    probe = F.interpolate(coarse, (_PROBE_PX, _PROBE_PX), mode="bilinear")
    with torch.inference_mode():
        module(signal.low + (signal.high - signal.low) * probe)
    hook.remove()
    factor = signal.spread / float(seen[0].std())
    last.weight.mul_(factor)
    if last.bias is not None:
        last.bias.copy_(signal.mean - (seen[0].mean(dim=(0, 2, 3)) - last.bias) * factor)


def _frozen(module: nn.Module) -> nn.Module:
    return module.eval().requires_grad_(False)


def _mismatch(expected: Mapping[str, torch.Tensor], got: Mapping[str, torch.Tensor]) -> str:
    """The reason why the names or shapes of two state dicts differ; ``""`` if they are equal."""
    missing = [name for name in expected if name not in got]
    surplus = [name for name in got if name not in expected]
    if missing:
        return f"{len(missing)} of {len(expected)} tensors are missing, the first is {missing[0]!r}"
    if surplus:
        return f"{len(surplus)} tensors are unknown to the network, the first is {surplus[0]!r}"
    for name, values in got.items():
        if values.shape != expected[name].shape:
            return f"{name!r} has shape {tuple(values.shape)} instead of {tuple(expected[name].shape)}"
    return ""


def _source(architecture: str) -> Any:
    return importlib.import_module(f"{nets.__name__}.{architecture}")
