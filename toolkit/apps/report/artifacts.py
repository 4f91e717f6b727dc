"""Write figures, tables and numbers of a notebook into its report, each under a name.

The process that makes a report sets an environment variable with the report's folder. In an interactive session this
variable is not set, and nothing is written.
"""

from __future__ import annotations

import io
import json
import os
import re
from pathlib import Path
from typing import Any, TypeVar

from toolkit.core.errors import invalid
from toolkit.core.files import to_json, write_whole
from toolkit.results.plots.nothing import Nothing

FOLDER_VARIABLE = "ATELIER_REPORT_FOLDER"
METRICS_FILE = "metrics.json"
THUMBNAIL_FILE = "thumbnail.jpg"

Item = TypeVar("Item")


def keep(name: str, item: Item) -> Item:
    """Add a figure, a table or a number to the report that is being made, and return the item.

    Parameters
    ----------
    name : str
        Name of the item in the report and of its file, without a suffix: lower-case words joined by ``_``.
    item : Figure, Table, DataFrame, FirstScreen, or a value that JSON can hold
        A figure is written as ``figures/NAME.png`` and ``.svg``, a table as ``tables/NAME.csv``. For a first screen
        (the summary of a page), its sentence and a small picture are written, for the list of reports. Any other item
        is a metric, which is written into ``report.json``. For a plot without data, nothing is written.

    Returns
    -------
    the same item
        The item, so that the last line of a notebook cell can add the item to the report and show the item.

    Raises
    ------
    InvalidValue
        The name is not lower-case words, JSON cannot hold the value, or the report's folder cannot be written.

    Examples
    --------
    >>> keep("stylization_s_per_mp", 0.9)
    0.9
    """
    if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", name):
        raise invalid("name", "keep", "lower-case words joined by _", name)
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        _write(Path(named), name, item)
    return item


def metrics(folder: Path) -> dict[str, Any]:
    """The metrics that the notebook has already added to a report's folder."""
    file = folder / METRICS_FILE
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def _write(folder: Path, name: str, item: Any) -> None:
    if isinstance(item, Nothing):
        return
    if hasattr(item, "savefig"):
        for suffix in ("png", "svg"):
            write_whole(folder / "figures" / f"{name}.{suffix}", _drawn(item, suffix))
    elif hasattr(item, "save_csv"):
        item.save_csv(folder / "tables" / f"{name}.csv")
    elif hasattr(item, "thumbnail"):
        if (picture := item.thumbnail()) is not None:
            write_whole(folder / THUMBNAIL_FILE, picture)
        _write(folder, name, item.facts_for_index())
    elif hasattr(item, "to_csv"):
        write_whole(folder / "tables" / f"{name}.csv", item.to_csv(index=False))
    else:
        write_whole(folder / METRICS_FILE, to_json({**metrics(folder), name: item}))


def _drawn(figure: Any, suffix: str) -> bytes:
    if hasattr(figure, suffix):  # a `Chart` has the methods png and svg
        return getattr(figure, suffix)()
    buffer = io.BytesIO()
    figure.savefig(buffer, format=suffix, bbox_inches="tight", dpi=150)
    return buffer.getvalue()
