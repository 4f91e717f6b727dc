"""Render an executed notebook as one complete HTML file, without external scripts and live widgets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_SHOWN = ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/plain"]
_LIVE = {"application/vnd.jupyter.widget-view+json", "application/javascript"}

# HTML elements that make a browser load another file when it opens the page.
_FETCHED = re.compile(
    r"<script\b[^>]*\bsrc\s*=[^>]*>.*?</script\s*>|<link\b[^>]*\bhref\s*=\s*[\"']?(?:https?:)?//[^>]*>",
    re.IGNORECASE | re.DOTALL,
)

_CONFIG = {
    "NbConvertBase": {"display_data_priority": _SHOWN},
    # Remove Papermill's error banner: the page has its own banner, which links to the cell that failed.
    "RegexRemovePreprocessor": {"patterns": [".*href=.#papermill-error-cell"]},
    # Remove the text that a progress bar wrote and then overwrote.
    "CoalesceStreamsPreprocessor": {"enabled": True},
}


def render(
    notebook: Any, *, title: str, footer: Mapping[str, str], failure: str = "", trust_page: str = ""
) -> str:
    """Render the HTML page of a report.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The executed notebook, which is not changed. The page folds the code, and has no widgets or external scripts.
    title : str
        Title of the browser tab.
    footer : mapping of name to text
        Where the numbers come from: machine, commit, date, and the command that makes the report again. ``command``
        is shown as code; line breaks are kept.
    failure : str
        The error message for the banner; empty if the notebook ran to its end.
    trust_page : str
        Path of the report of notebook 05_trust, relative to this page; if empty, the footer names the command.

    Returns
    -------
    str
        HTML that needs no other file.
    """
    from jinja2 import FileSystemLoader
    from nbconvert import HTMLExporter
    from pygments.formatters import HtmlFormatter
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
    exporter.register_preprocessor(_without_live_parts, enabled=True)
    code_style = HtmlFormatter(nobackground=True).get_style_defs(".highlight")
    page = {"title": title, "footer": footer, "failure": failure, "trust_page": trust_page}
    html, _ = exporter.from_notebook_node(notebook, {"page": {**page, "code_style": code_style}})
    return html


def _without_live_parts(notebook: Any, resources: Any) -> tuple[Any, Any]:
    """Remove widgets and external scripts; nbconvert calls this preprocessor with a copy of the notebook."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            cell.source = _FETCHED.sub("", cell.source)
            continue
        cell.outputs = [output for output in cell.outputs if _is_still(output)]
        for output in cell.outputs:
            if "text/html" in output.get("data", {}):
                output.data["text/html"] = _FETCHED.sub("", output.data["text/html"])
    return notebook, resources


def _is_still(output: Mapping[str, Any]) -> bool:
    """Whether an output is visible without a running kernel; the placeholder text of a widget does not count."""
    if output["output_type"] == "stream":
        return bool(output["text"].strip())
    kinds = set(output.get("data", ()))
    return not _LIVE & kinds or bool({"image/png", "image/jpeg"} & kinds)
