"""Load tests of web services over HTTP: an open loop sends each request at a time that is fixed beforehand.

This package lists its public functions, and imports the module of a function when the function is first used.
"""

import lazy_loader

_HOMES = {
    "adapters": ["JobsService", "PlainService"],
    "pictures": ["pictures_to_send"],
    "run": ["load_test"],
    "search": ["capacity_search"],
}

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs=_HOMES)
