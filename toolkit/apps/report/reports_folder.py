"""The reports folder: one finished folder a report, an index of them, and a link to the newest."""

from __future__ import annotations

import contextlib
import html
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from toolkit.core import units
from toolkit.core.errors import InvalidValue
from toolkit.core.files import write_whole, written_whole

PAGE_FILE, NOTEBOOK_FILE, SIDECAR_FILE = "index.html", "notebook.ipynb", "report.json"

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4em .8em;vertical-align:top}
thead th{border-bottom:2px solid #444}tbody td{border-bottom:1px solid #e4e4e4}
td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.failed{color:#8a1c1c;font-weight:600}
code{font-size:13px;overflow-wrap:anywhere}
"""


@contextmanager
def workspace(reports: Path) -> Iterator[Path]:
    """A hidden folder beside the finished reports, removed at the end unless it was published.

    Raises
    ------
    InvalidValue
        The folder is read-only or full; whatever was half written is removed.
    """
    folder = None
    try:
        reports.mkdir(exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=reports))
        folder.chmod(0o755)
        yield folder
    except OSError as error:
        raise InvalidValue(
            f"reports folder {str(reports)!r} cannot be written: {error.strerror or error}. "
            "Make it writable, or free some space."
        ) from error
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def publish(folder: Path, reports: Path, name: str) -> Path:
    """Give a complete report its name, list it in the index, and point ``latest`` at it."""
    target = reports / name
    number = 1
    while True:
        try:
            folder.rename(target)
            break
        except OSError:
            if not target.exists():
                raise
            number += 1  # two reports of one notebook in one second
            target = reports / f"{name}_{number}"
    write_whole(reports / "index.html", _index(_finished(reports)))
    # A system without links still has the index.
    with contextlib.suppress(OSError, NotImplementedError), written_whole(reports / "latest") as link:
        link.symlink_to(target.name, target_is_directory=True)
    return target


def newest_of(reports: Path, notebook: str) -> str:
    """Folder of the newest complete report of a notebook; ``""`` when there is none."""
    made = (
        folder
        for folder, facts in _finished(reports)
        if (facts.get("notebook"), facts.get("status")) == (notebook, "ok")
    )
    return next(made, "")


def _finished(reports: Path) -> list[tuple[str, dict[str, Any]]]:
    """Folder and sidecar of each report, newest first."""
    found = []
    for file in reports.glob(f"*/{SIDECAR_FILE}"):
        if file.parent.name.startswith(".") or file.parent.is_symlink():
            continue
        with contextlib.suppress(OSError, ValueError):  # a folder that somebody damaged is not listed
            found.append((file.parent.name, json.loads(file.read_text(encoding="utf-8"))))
    return sorted(found, key=lambda entry: (str(entry[1].get("started", "")), entry[0]), reverse=True)


def _index(entries: list[tuple[str, dict[str, Any]]]) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Atelier reports</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,">'
        f"<style>{_STYLE}</style></head><body><h1>Atelier reports</h1>"
        "<table><thead><tr><th>made</th><th>report</th><th>status</th><th>took</th><th>machine</th>"
        f"<th>command</th></tr></thead><tbody>\n{''.join(_row(*entry) for entry in entries)}</tbody></table>"
        "</body></html>\n"
    )


def _row(folder: str, facts: dict[str, Any]) -> str:
    made, title, status, machine, command = (
        html.escape(str(facts.get(name, ""))) for name in ("started", "title", "status", "machine", "command")
    )
    return (
        f"<tr><td>{made[:16].replace('T', ' ')} UTC</td>"
        f'<td><a href="{html.escape(folder)}/{PAGE_FILE}">{title}</a></td><td class="{status}">{status}</td>'
        f'<td class="number">{units.seconds(facts.get("took_s"))}</td><td>{machine}</td>'
        f"<td><code>{command}</code></td></tr>\n"
    )
