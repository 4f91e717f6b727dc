"""Outputs of an executed notebook as a page can show them: without a kernel, without a network, without a terminal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_LIVE = {"application/vnd.jupyter.widget-view+json", "application/javascript"}

# HTML elements in a library's output for which a browser fetches something when it opens the page. Each repeat in the
# pattern has a limit: without it, the time of the search would grow with the square of the output's length.
_FETCHED = re.compile(
    r"<(?:(?P<script>script)\b[^>]{0,1000}?\bsrc\s*=|link\b[^>]{0,1000}?\bhref\s*=\s*[\"']?(?:https?:)?//)",
    re.IGNORECASE,
)
_SCRIPT_END = re.compile(r"</script\s*>", re.IGNORECASE)


def without_live_parts(notebook: Any, resources: Any) -> tuple[Any, Any]:
    """A preprocessor of nbconvert, which gives it a copy of the notebook."""
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
    """HTML without the scripts and styles that are elsewhere.

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
    r"""What a terminal shows of a text: the end of each line that was overwritten after a carriage return.

    >>> shown("10 %\r20 %\rdone\r\nnext")
    'done\nnext'
    """
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))


def _merged(outputs: list[Any]) -> list[Any]:
    """Neighbouring outputs of one stream as one, so that no line is cut, and without what was overwritten."""
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
    """Whether an output shows something without a kernel; the text that stands for a widget does not count."""
    if output["output_type"] == "stream":
        return bool(output["text"].strip())
    kinds = set(output.get("data", ()))
    return not _LIVE & kinds or bool({"image/png", "image/jpeg"} & kinds)
