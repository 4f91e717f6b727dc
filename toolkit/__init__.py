"""Atelier: which way of running a picture operation is fastest here, how sure are we, is the picture right?

The public names are loaded when first used, so that ``import toolkit`` imports no runtime.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "load": "core.image",
    "save": "core.image",
    "show": "core.image",
    "photo": "core.photos",
    "apply": "core.run",
    "apply_many": "core.run",
    "apply_styles": "core.run",
    "load_plugin": "core.operation",
    "OPERATIONS": "core.operation",
    "BACKENDS": "core.backend",
    "measure": "bench.measure",
    "sweep": "bench.sweep",
    "Grid": "bench.sweep",
    "Store": "results.store",
    "compare": "apps.compare",
    "explore": "apps.widgets",
}

__all__ = ["__version__", *_HOMES]

if TYPE_CHECKING:
    from toolkit.apps.compare import compare
    from toolkit.apps.widgets import explore
    from toolkit.bench.measure import measure
    from toolkit.bench.sweep import Grid, sweep
    from toolkit.contracts.apply import apply, apply_many, apply_styles
    from toolkit.contracts.backend import BACKENDS
    from toolkit.contracts.operation import OPERATIONS, load_plugin
    from toolkit.images.image import load, save, show
    from toolkit.images.photos import photo
    from toolkit.results.store.store import Store


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'toolkit' has no attribute {name!r}")
    return getattr(importlib.import_module(f"toolkit.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
