"""Sentences that say what measurements mean: recommendations and conclusions.

This package lists its public functions, and imports the module of each function when that function is first used.
"""

import lazy_loader

_HOMES = {
    "answer": ["Answer", "answers"],
    "conclusions": ["conclude"],
    "machines": ["conclude_machines"],
    "model_conclusions": ["conclude_models"],
}

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs=_HOMES)
