"""Case studies: published tuning stories, measured again on this machine with the same procedures.

This package lists its public functions, and imports the module of each function when it is first used.
"""

import lazy_loader

_HOMES = {
    "anime_law": ["rates_here"],
    "answer_screen": ["case_screen"],
    "beside": ["beside_table"],
    "case_run": ["CaseRun", "load_run"],
    "matting_procedures": ["matting_model"],
    "measuring": ["measure_case"],
    "page_parts": ["picture_sheet", "printed_results"],
    "plots": ["procedures_plot"],
    "portraits": ["portrait_folder"],
    "tables": ["procedures_table", "published_table", "stages_of_table", "verdicts_table"],
    "texts": ["advice", "findings", "verdict_sentences"],
}

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs=_HOMES)
