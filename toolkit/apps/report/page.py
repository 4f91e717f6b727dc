"""Render an executed notebook as one HTML file without external scripts and live widgets."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from toolkit.apps.report.still_outputs import without_fetched, without_live_parts

HEADING = re.compile(r"^# (.+)", re.MULTILINE)
"""Pattern of a notebook's title, the first heading in its text cells."""

_SHOWN = ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/plain"]
_CONFIG = {
    "NbConvertBase": {"display_data_priority": _SHOWN},
    # Remove Papermill's error banner: the page has its own banner, which links to the cell that failed.
    "RegexRemovePreprocessor": {"patterns": [".*href=.#papermill-error-cell"]},
}


def render(
    notebook: Any,
    *,
    title: str,
    footer: Mapping[str, str],
    links: Mapping[str, str] | None = None,
    failure: str = "",
    partial: str = "",
    changes: Sequence[str] = (),
    changes_since: str = "",
    trust_page: str = "",
) -> str:
    """Render the HTML page of a report: title, summary (the notebook's first screen), links, then all other cells.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The executed notebook, which is not changed. A switch on the page shows all code; the page has no widgets and no
        external scripts.
    title : str
        The heading, and the title of the browser tab.
    footer : mapping of name to text
        Origin of the numbers: machine, commit, date, and the command that makes the report again. ``command`` is shown
        as code; line breaks are kept.
    links : mapping of text to address, optional
        Links to other reports and to the data of this report, relative to the page.
    failure : str
        The error message for the banner; empty if the notebook ran to its end.
    partial : str
        Text of the banner on missing rows and how to continue; empty if no row is missing.
    changes : sequence of str
        Sentences on changes since the previous report of this notebook with the same parameters.
    changes_since : str
        Time of the previous report, as text.
    trust_page : str
        Path of the report of notebook 05_trust, relative to this page; if empty, the footer names a command.

    Returns
    -------
    str
        The page as HTML, which needs no other file.
    """
    from pygments.formatters import HtmlFormatter

    code_style = HtmlFormatter(nobackground=True).get_style_defs(".highlight")
    rest, first_screen = _lifted(notebook, title)
    page = {
        "title": title,
        "first_screen": first_screen,
        "links": links or {},
        "footer": footer,
        "failure": failure,
        "partial": partial,
        "changes": changes,
        "changes_since": changes_since,
        "trust_page": trust_page,
        "code_style": code_style,
    }
    html, _ = _exporter().from_notebook_node(rest, {"page": page})
    return html


def _exporter() -> Any:
    """Make nbconvert's HTML exporter with the template of a report."""
    from jinja2 import FileSystemLoader
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    exporter = HTMLExporter(
        config=Config(_CONFIG),
        extra_loaders=[FileSystemLoader(Path(__file__).parent)],
        template_file="page.html.j2",
        embed_images=True,
        exclude_anchor_links=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    exporter.register_preprocessor(without_live_parts, enabled=True)
    return exporter


def _lifted(notebook: Any, title: str) -> tuple[Any, str]:
    """A copy of the notebook without its heading and its summary (the first screen), and the summary's HTML."""
    rest, first_screen = copy.deepcopy(notebook), ""
    for cell in rest.cells:
        heading = HEADING.search(cell.source) if cell.cell_type == "markdown" else None
        if heading:
            if heading[1].strip() == title:
                cell.source = cell.source.replace(heading[0], "", 1)
            break
    for cell in rest.cells:
        screens = first_screens(cell)
        if screens:
            first_screen = without_fetched(screens[-1].data["text/html"])
            cell.outputs = [one for one in cell.outputs if one not in screens]
    return rest, first_screen


def first_screens(cell: Any) -> list[Any]:
    """The outputs of a cell that are the summary of the notebook (its first screen)."""
    outputs = cell.get("outputs", ())
    return [one for one in outputs if one.get("metadata", {}).get("text/html", {}).get("first_screen")]
