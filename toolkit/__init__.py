"""Atelier measures which backend and settings run an image operation fastest, and whether the picture is right.

The public names are loaded when first used, so that ``import toolkit`` imports no runtime.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_NAMES_IN = {
    "images.image": ("load", "save", "show"),
    "images.photos": ("photo",),
    "contracts.apply": ("apply", "apply_many", "apply_styles"),
    "contracts.operation": ("OPERATIONS", "Operation", "load_plugin"),
    "contracts.backend": ("BACKENDS", "Backend"),
    "core.params": ("Param",),
    "bench.plan": ("Plan",),
    "bench.sweep": ("sweep",),
    "bench.grid": ("Grid",),
    "jobs.batch": ("batch",),
    "results.store.store": ("Store",),
    "studies.compare": ("compare",),
    "studies.measured_trial": ("measure",),
    "studies.tune.configured": ("load_config",),
    "studies.tune.study": ("tune",),
    "apps.widgets.live_tuner": ("Tuner",),
    "apps.widgets.tuner": ("tuner",),
}
_HOMES = {name: module for module, names in _NAMES_IN.items() for name in names}

__all__ = ["__version__", "results", *_HOMES]

if TYPE_CHECKING:
    from toolkit.apps.widgets.live_tuner import Tuner
    from toolkit.apps.widgets.tuner import tuner
    from toolkit.bench.grid import Grid
    from toolkit.bench.plan import Plan
    from toolkit.bench.sweep import sweep
    from toolkit.contracts.apply import apply, apply_many, apply_styles
    from toolkit.contracts.backend import BACKENDS, Backend
    from toolkit.contracts.operation import OPERATIONS, Operation, load_plugin
    from toolkit.core.params import Param
    from toolkit.images.image import load, save, show
    from toolkit.images.photos import photo
    from toolkit.jobs.batch import batch
    from toolkit.results.store.store import Store
    from toolkit.studies.compare import compare
    from toolkit.studies.measured_trial import measure
    from toolkit.studies.tune.configured import load_config
    from toolkit.studies.tune.study import tune


def __getattr__(name: str) -> Any:
    if name == "results":  # ``toolkit.results`` is a package that can be called like a function
        return importlib.import_module(f"{__name__}.results")
    if name not in _HOMES:
        raise AttributeError(f"module 'toolkit' has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
