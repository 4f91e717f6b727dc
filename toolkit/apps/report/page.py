"""An executed notebook as one HTML file that needs nothing else: no network, no script of others, no widget."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

_SHOWN = ("text/html", "image/svg+xml", "image/png", "image/jpeg", "text/markdown", "text/plain")
_LIVE = ("application/vnd.jupyter.widget-view+json", "application/javascript")
_ERROR_MARK = "papermill-error-cell-tag"

# What a library puts into its output to be fetched when the page is opened.
_FETCHED = re.compile(
    r"<script\b[^>]*\bsrc\s*=[^>]*>.*?</script\s*>|<link\b[^>]*\bhref\s*=\s*[\"']?(?:https?:)?//[^>]*>",
    re.IGNORECASE | re.DOTALL,
)

# What a progress bar wrote and overwrote.
_OVERWRITTEN = re.compile(r"[^\n]*\r(?!\n)")

_TEMPLATE = """
{%- extends 'classic/base.html.j2' -%}
{%- block input_group -%}
<details class="code"><summary>Code</summary>{{ super() }}</details>
{%- endblock input_group -%}
{%- block stream_stderr -%}
<details><summary>Messages</summary><pre>{{ output.text | ansi2html }}</pre></details>
{%- endblock stream_stderr -%}
{%- block error -%}
<div class="error"><strong>{{ output.ename | escape_html }}</strong>: {{ output.evalue | escape_html }}
<details><summary>Traceback</summary><pre>{{ output.traceback | join('\n') | ansi2html }}</pre></details></div>
{%- endblock error -%}
"""


def render(
    notebook: Any, *, title: str, footer: Mapping[str, str], failure: str = "", trust_page: str = ""
) -> str:
    """The page of a report.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Executed; it is not changed. Code is folded away; widgets and scripts from elsewhere are left out.
    title : str
        What the browser's tab says.
    footer : mapping of name to text
        Where the numbers come from: machine, commit, date, the command that makes them again. ``command`` is shown
        as code; line breaks are kept.
    failure : str
        Why the notebook stopped, a sentence for the banner; empty when it ran to its end.
    trust_page : str
        Where a report of notebook 05_trust lies, relative to this page; empty: the footer says how to make one.

    Returns
    -------
    str
        HTML, complete in itself.
    """
    return "".join(
        (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            # An icon of its own, or the browser asks the disk for one and logs an error.
            f'<title>{escape(title)}</title><link rel="icon" href="data:,">',
            f"<style>\n{Path(__file__).with_name('page.css').read_text(encoding='utf-8')}{_code_style()}</style>",
            "</head>\n<body><main>\n",
            _banner(failure),
            _body(notebook),
            _footer(footer, trust_page),
            "</main></body></html>\n",
        )
    )


def _body(notebook: Any) -> str:
    from jinja2 import DictLoader
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        extra_loaders=[DictLoader({"atelier.html.j2": _TEMPLATE})],
        template_file="atelier.html.j2",
        embed_images=True,
        exclude_anchor_links=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    body, _ = exporter.from_notebook_node(_without_live_parts(notebook))
    return str(body)


def _without_live_parts(notebook: Any) -> Any:
    shown = copy.deepcopy(notebook)
    shown.metadata.pop("widgets", None)
    # Papermill's own banner says less than ours; its mark at the failed cell stays, ours points there.
    shown.cells = [
        cell
        for cell in shown.cells
        if not (_ERROR_MARK in cell.metadata.get("tags", []) and "#papermill-error-cell" in cell.source)
    ]
    for cell in shown.cells:
        if cell.cell_type != "code":
            cell.source = _FETCHED.sub("", cell.source)
            continue
        for output in cell.outputs:
            if output.output_type == "stream":
                output.text = _OVERWRITTEN.sub("", output.text)
        cell.outputs = [output for output in cell.outputs if _has_still(output)]
        for output in cell.outputs:
            data = output.get("data", {})
            for kind in set(data) - set(_SHOWN):  # such as LaTeX, which nothing offline would typeset
                del data[kind]
            if "text/html" in data:
                data["text/html"] = _FETCHED.sub("", data["text/html"])
    return shown


def _has_still(output: Mapping[str, Any]) -> bool:
    """Whether an output shows something without a kernel; the text that stands for a widget does not count."""
    if output["output_type"] == "stream":
        return bool(output["text"].strip())
    data = output.get("data", {})
    return not set(_LIVE) & set(data) or bool({"image/png", "image/jpeg"} & set(data))


def _banner(failure: str) -> str:
    if not failure:
        return ""
    return (
        '<div class="banner" role="alert"><strong>This report is not complete.</strong> The notebook stopped: '
        f'{escape(failure)} <a href="#papermill-error-cell">Go to the cell.</a></div>\n'
    )


def _footer(facts: Mapping[str, str], trust_page: str) -> str:
    items = "".join(
        f"<dt>{escape(name)}</dt><dd>{f'<code>{escape(text)}</code>' if name == 'command' else escape(text)}</dd>\n"
        for name, text in facts.items()
    )
    trust = (
        f'<a href="{escape(trust_page)}">notebook 05_trust</a> shows'
        if trust_page
        else "<code>atelier report 05_trust</code> shows"
    )
    items += f"<dt>trust</dt><dd>{trust} on this machine what each rule of measuring prevents</dd>\n"
    return f"\n<footer><h2>Where these numbers come from</h2><dl>\n{items}</dl></footer>\n"


def _code_style() -> str:
    from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]

    return str(HtmlFormatter(nobackground=True).get_style_defs(".highlight"))
