"""The reports folder: a subfolder for each finished report, an index page, and a link to the newest report."""

from __future__ import annotations

import contextlib
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


@contextmanager
def workspace(reports: Path) -> Iterator[Path]:
    """Yield a hidden folder for a new report; at the end the folder is deleted, unless `publish` renamed it.

    Raises
    ------
    InvalidValue
        The reports folder is read-only, or the disk is full; incomplete files are deleted.
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
    """Rename the folder of a complete report, list the report in the index, and point ``latest`` at it."""
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
    write_whole(reports / "index.html", _index(_finished(reports)))
    # If the system does not support symbolic links, only ``latest`` is missing.
    with contextlib.suppress(OSError, NotImplementedError), written_whole(reports / "latest") as link:
        link.symlink_to(target.name, target_is_directory=True)
    return target


def newest_of(reports: Path, notebook: str) -> str:
    """Name of the folder with the newest complete report of a notebook; ``""`` if there is none."""
    for folder, facts in _finished(reports):
        if facts.get("notebook") == notebook and facts.get("status") == "ok":
            return folder
    return ""


def _finished(reports: Path) -> list[tuple[str, dict[str, Any]]]:
    """Folder name and sidecar (``report.json``) of each report, newest first."""
    found = []
    for file in reports.glob(f"*/{SIDECAR_FILE}"):
        if file.parent.name.startswith(".") or file.parent.is_symlink():
            continue
        # A report whose sidecar is missing or damaged is not listed.
        with contextlib.suppress(OSError, ValueError):
            found.append((file.parent.name, json.loads(file.read_text(encoding="utf-8"))))
    return sorted(found, key=lambda entry: (str(entry[1].get("started", "")), entry[0]), reverse=True)


def _index(reports: list[tuple[str, dict[str, Any]]]) -> str:
    from jinja2 import Environment

    template = Path(__file__).with_name("index.html.j2").read_text(encoding="utf-8")
    page = Environment(autoescape=True).from_string(template)
    return page.render(reports=reports, page_file=PAGE_FILE, seconds=units.seconds)
