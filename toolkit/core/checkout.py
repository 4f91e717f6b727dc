"""Where Atelier lives: it runs from a checkout, whose folders hold pictures, results and reports."""

from __future__ import annotations

import os
from pathlib import Path

from toolkit.core.errors import InvalidValue


def root() -> Path:
    """The checkout: ``ATELIER_HOME``, or the nearest parent of the working folder with ``notebooks/`` and ``toolkit/``.

    Returns
    -------
    Path
        Absolute.

    Raises
    ------
    InvalidValue
        Outside a checkout, or ``ATELIER_HOME`` names no folder.
    """
    named = os.environ.get("ATELIER_HOME")
    if named:
        home = Path(named).expanduser().resolve()
        if not home.is_dir():
            raise InvalidValue(f"ATELIER_HOME must be the folder of an Atelier checkout; got {named!r}.")
        return home
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "notebooks").is_dir() and (folder / "toolkit").is_dir():
            return folder
    raise InvalidValue(
        f"Atelier runs from its checkout, the folder with notebooks/ and toolkit/; {str(here)!r} is in none. "
        "Change into it or set ATELIER_HOME."
    )
