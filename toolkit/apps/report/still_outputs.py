"""Convert the outputs of an executed notebook so that an HTML page can show them without a kernel or a network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_LIVE = {"application/vnd.jupyter.widget-view+json", "application/javascript"}

# HTML elements that make a browser download a file when it opens the page. Each repeat in the pattern has a limit,
# because without limits the search time would grow with the square of the output's length.
_FETCHED = re.compile(
    r"<(?:(?P<script>script)\b[^>]{0,1000}?\bsrc\s*=|link\b[^>]{0,1000}?\bhref\s*=\s*[\"']?(?:https?:)?//)",
    re.IGNORECASE,
)
_SCRIPT_END = re.compile(r"</script\s*>", re.IGNORECASE)


def without_live_parts(notebook: Any, resources: Any) -> tuple[Any, Any]:
    """Remove widgets and external scripts from a notebook; a preprocessor of nbconvert, which passes a copy."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            cell.source = without_fetched(cell.source)
            continue
        cell.outputs = [output for output in _merged(cell.outputs) if _is_still(output)]
        for output in cell.outputs:
            if "text/html" in output.get("data", {}):
                output.data["text/html"] = without_fetched(output.data["text/html"])
    return notebook, resources


def without_fetched(html: str) -> str:
    """Remove scripts and styles from HTML that a browser would download.

    >>> without_fetched("<script src='https://example.com/a.js'></script><b>kept</b>")
    '<b>kept</b>'
    """
    kept, position = [], 0
    for opening in _FETCHED.finditer(html):
        if opening.start() < position:
            continue
        kept.append(html[position : opening.start()])
        if opening["script"]:
            closing = _SCRIPT_END.search(html, opening.end())
            position = closing.end() if closing else len(html)
        else:
            position = html.find(">", opening.end()) + 1 or len(html)
    return "".join([*kept, html[position:]])


def shown(text: str) -> str:
    r"""The text as a terminal shows it: after a carriage return, only the last part of a line remains.

    >>> shown("10 %\r20 %\rdone\r\nnext")
    'done\nnext'
    """
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))


def _merged(outputs: list[Any]) -> list[Any]:
    """Join neighbouring outputs of one stream, so that no line is split, and remove overwritten parts of lines."""
    merged: list[Any] = []
    pieces: list[list[str]] = []
    for output in outputs:
        is_stream = output["output_type"] == "stream"
        if is_stream and merged and merged[-1].get("name") == output["name"]:
            pieces[-1].append(output["text"])
            continue
        merged.append(output)
        pieces.append([output["text"]] if is_stream else [])
    for output, texts in zip(merged, pieces, strict=True):
        if texts:
            output["text"] = shown("".join(texts))
    return merged


def _is_still(output: Mapping[str, Any]) -> bool:
    """Whether an output can be shown without a kernel; the placeholder text of a widget is not shown."""
    if output["output_type"] == "stream":
        return bool(output["text"].strip())
    kinds = set(output.get("data", ()))
    return not _LIVE & kinds or bool({"image/png", "image/jpeg"} & kinds)
