"""Sentences that say what measurements mean: recommendations and conclusions.

The public functions are named here and loaded when first used.
"""

import lazy_loader

_HOMES = {
    "answer": ["Answer", "answers"],
    "conclusions": ["conclude"],
    "model_conclusions": ["conclude_models"],
}

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs=_HOMES)
