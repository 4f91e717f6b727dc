"""The first screen of a report, visible without scrolling: one sentence, the machine, and a card for each answer.

This package lists its public functions, and imports the module of each function when that function is first used.
"""

import lazy_loader

_HOMES = {
    "growth": ["growth_cards", "growth_lead"],
    "history": ["history_screen"],
    "machines": ["machines_screen"],
    "origin": ["facts_of", "machine_line", "state_tags"],
    "ways": ["way_cards", "way_lead"],
    "workers": ["workers_cards", "workers_lead"],
    "screen": ["Card", "FirstScreen", "Pair", "Tag"],
}

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs=_HOMES)
