"""Load tests of web services over HTTP: an open loop, whose schedule is drawn before the first request is sent.

The public functions are named here and loaded when first used.
"""

import lazy_loader

_HOMES = {
    "adapters": ["JobsService", "PlainService"],
    "pictures": ["pictures_to_send"],
    "run": ["load_test"],
    "search": ["capacity_search"],
}

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs=_HOMES)
