"""Manage the reports folder: a subfolder for each finished report, an index page, a link to the newest report."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

from toolkit.apps.report.index_page import INDEX_FILE, write_index
from toolkit.core.errors import InvalidValue
from toolkit.core.files import write_whole, written_whole

_UNFINISHED = ".unfinished-"
PAGE_FILE, NOTEBOOK_FILE, SIDECAR_FILE = "index.html", "notebook.ipynb", "report.json"
_LISTED = {"notebook", "title", "started", "took_s", "status", "metrics", "machine", "command"}
"""Keys of ``report.json`` whose values the list of reports shows."""
NEXT_RUN = "<!-- next run -->"
"""Placeholder in a report's page that the next report of the same notebook replaces by a link to that next report."""


@contextmanager
def workspace(reports: Path) -> Iterator[Path]:
    """Yield a hidden folder for a new report; at the end the folder is deleted, unless `publish` renamed it.

    The folder is locked while the process that makes the report lives, so that the next report can delete the hidden
    folders of killed processes.

    Raises
    ------
    InvalidValue
        The reports folder is read-only, or the disk is full; incomplete files are deleted.
    """
    folder = None
    try:
        reports.mkdir(exist_ok=True)
        with _locked(reports):
            _sweep(reports)
            folder = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=reports))
            folder.chmod(0o755)
            in_use = os.open(folder, os.O_RDONLY)
            fcntl.flock(in_use, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            os.close(in_use)
    except OSError as error:
        raise InvalidValue(
            f"reports folder {str(reports)!r} cannot be written: {error.strerror or error}. "
            "Make the folder writable, or free some disk space."
        ) from error
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sweep(reports: Path) -> None:
    """Delete the folders of processes that were killed before their report was finished."""
    for folder in reports.glob(f"{_UNFINISHED}*"):
        with contextlib.suppress(OSError):  # another process uses the folder, or another user owns it
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)


def publish(folder: Path, reports: Path, name: str) -> Path:
    """Rename the folder of a complete report, list the report in the index, and link ``latest`` to the report."""
    target, number = reports / name, 1
    while True:
        try:
            folder.rename(target)
            break
        except OSError:
            if not target.exists():
                raise
            number += 1  # another report of this notebook began in the same second
            target = reports / f"{name}_{number}"
    _link_the_previous_run_to(target, reports)
    write_index(reports, finished(reports), page_file=PAGE_FILE)
    # If the system does not support symbolic links, the link ``latest`` is left out.
    with contextlib.suppress(OSError, NotImplementedError), written_whole(reports / "latest") as link:
        link.symlink_to(target.name, target_is_directory=True)
    return target


def newest_of(reports: Path, notebook: str) -> str:
    """Name of the folder with the newest complete report of a notebook; ``""`` if the notebook has no report."""
    for folder, facts in finished(reports):
        if facts.get("notebook") == notebook and facts.get("status") == "ok":
            return folder
    return ""


def links(folder: Path, reports: Path, notebook: str) -> dict[str, str]:
    """Text and address of the links on a report's page: the previous run, all runs, the report's data."""
    earlier = _runs_of(notebook, reports)
    found = {"← previous run": f"../{earlier[0]}/{PAGE_FILE}"} if earlier else {}
    tables = sorted(folder.glob("tables/*.csv"), key=lambda file: (file.stem != "measurements", file.stem))
    data = {"CSV": f"tables/{tables[0].name}"} if tables else {}
    return found | {"all runs": f"../{INDEX_FILE}"} | data | {"JSON": SIDECAR_FILE, "notebook": NOTEBOOK_FILE}


def _link_the_previous_run_to(newest: Path, reports: Path) -> None:
    """Write a link to the newest report into the page of the previous report of the same notebook."""
    notebook = json.loads((newest / SIDECAR_FILE).read_text(encoding="utf-8"))["notebook"]
    runs = _runs_of(notebook, reports)
    at = runs.index(newest.name)
    if at + 1 < len(runs):
        page = reports / runs[at + 1] / PAGE_FILE
        with contextlib.suppress(OSError, UnicodeDecodeError):  # a page that somebody deleted needs no link
            link = f'<a href="../{escape(newest.name)}/{PAGE_FILE}">next run →</a>'
            write_whole(page, page.read_text(encoding="utf-8").replace(NEXT_RUN, link, 1))


def _runs_of(notebook: str, reports: Path) -> list[str]:
    """Folders of all reports of a notebook, newest first."""
    return [folder for folder, facts in finished(reports) if facts.get("notebook") == notebook]


def previous_of(reports: Path, facts: Mapping[str, Any]) -> dict[str, Any] | None:
    """``report.json`` of the newest successful report of the same notebook and parameters; None if none exists."""
    for _, other in finished(reports):
        if other.get("status") == "ok" and all(other.get(k) == facts[k] for k in ("notebook", "parameters")):
            return other
    return None


def facts_of(page: Path) -> dict[str, Any]:
    """The content of ``report.json``, which lies beside a report's page."""
    found: dict[str, Any] = json.loads((page.parent / SIDECAR_FILE).read_text(encoding="utf-8"))
    return found


def finished(reports: Path) -> list[tuple[str, dict[str, Any]]]:
    """Folder name and content of ``report.json`` of each report, newest first."""
    found = []
    for file in reports.glob(f"*/{SIDECAR_FILE}"):
        if file.parent.name.startswith(".") or file.parent.is_symlink():
            continue
        # A report whose report.json is missing or damaged is not listed.
        with contextlib.suppress(OSError, ValueError):
            facts = json.loads(file.read_text(encoding="utf-8"))
            if isinstance(facts, dict) and facts.keys() >= _LISTED:
                found.append((file.parent.name, facts))
    return sorted(found, key=lambda entry: (str(entry[1].get("started", "")), entry[0]), reverse=True)


def retire(reports: Path, notebook: str, *, keep_s: float | None, keep_last: int | None) -> list[str]:
    """Delete old reports of a notebook, and list the other reports in the index; returns the deleted folders' names.

    A report stays if it is younger than `keep_s`, one of the newest `keep_last`, or the newest that did not
    fail. Measurements stay in the store.

    Parameters
    ----------
    keep_s : float or None
        Age, s, below which a report is not deleted; None: the age of a report does not matter.
    keep_last : int or None
        Number of newest reports that are not deleted; None: only the age of a report matters.

    Raises
    ------
    InvalidValue
        The folder of a report cannot be deleted.
    """
    if keep_s is None and keep_last is None:
        return []
    runs = [(folder, facts) for folder, facts in finished(reports) if facts.get("notebook") == notebook]
    newest_ok = next((folder for folder, facts in runs if facts.get("status") == "ok"), None)
    limit = datetime.now(UTC) - timedelta(seconds=keep_s or 0.0)
    gone = [
        folder
        for place, (folder, facts) in enumerate(runs)
        if folder != newest_ok
        and (keep_last is None or place >= keep_last)
        and (keep_s is None or datetime.fromisoformat(facts["started"]) < limit)
    ]
    if gone:
        _delete(reports, gone)
        oldest = next((folder for folder, _ in reversed(runs) if folder not in gone), None)
        if oldest is not None:
            _unlink_the_previous_run(reports / oldest / PAGE_FILE)
        write_index(reports, finished(reports), page_file=PAGE_FILE)
    return gone


def _delete(reports: Path, folders: list[str]) -> None:
    """Hide each folder before its deletion: no reader sees part of a report; `_sweep` ends interrupted deletions."""
    for folder in folders:
        hidden = reports / f"{_UNFINISHED}{folder}"
        try:
            (reports / folder).rename(hidden)
            shutil.rmtree(hidden)
        except OSError as error:
            raise InvalidValue(
                f"report {str(reports / folder)!r} cannot be deleted: {error.strerror or error}. "
                "Make the reports folder writable."
            ) from error


def _unlink_the_previous_run(page: Path) -> None:
    """Remove the link to the previous run, which was deleted, from the page of the oldest remaining run."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        text = page.read_text(encoding="utf-8")
        write_whole(page, re.sub(r'<a href="[^"]*">← previous run</a>', "", text, count=1))
