"""Execute a notebook with Papermill, in a kernel of this Python interpreter."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat

from toolkit.apps.report.parameters import is_named
from toolkit.core import folders


def execute(
    notebook: Path,
    executed: Path,
    values: Mapping[str, Any],
    environment: Mapping[str, str],
    *,
    quiet: bool,
) -> str:
    """Run the notebook and return the reason for its failure; ``""`` if the notebook succeeded."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    # The terminal shows the progress bar of a cell, too, because the user waits there for the report.
    terminal = None if quiet or not sys.stderr.isatty() else sys.stderr

    # Papermill parses the parameters cell with regular expressions and warns of each line that they do not match.
    logging.getLogger("papermill").setLevel(logging.ERROR)
    try:
        with _paths_in_utf8(notebook, executed) as (source, target):
            papermill.execute_notebook(
                _literal(source),
                _literal(target),
                parameters=dict(values),
                kernel_name="python3",
                language="python",  # Papermill cannot know the language of a notebook without metadata
                kernel_manager_class=_this_python(environment),
                cwd=_folder_of(notebook),
                progress_bar=False,
                stdout_file=terminal,
                stderr_file=terminal,
            )
    except PapermillExecutionError as error:
        return f"{error.ename}: {error.evalue} (in cell {error.cell_index})."
    except OSError:
        raise
    except Exception as error:  # a notebook can cause any error in Papermill; the report is made nevertheless
        first_line = str(error).partition("\n")[0]
        return f"{type(error).__name__}: {first_line or 'no message'}."
    # Papermill does not raise an error for every failure, but always records the failure in the notebook's metadata.
    if nbformat.read(executed, as_version=4).metadata.get("papermill", {}).get("exception"):
        return "a cell of the notebook raised an error."
    return ""


@contextmanager
def _paths_in_utf8(notebook: Path, executed: Path) -> Iterator[tuple[Path, Path]]:
    """Yield paths that Papermill can write into a notebook: temporary paths if the user's path is not UTF-8."""
    try:
        f"{notebook} {executed}".encode()
    except UnicodeEncodeError:
        with tempfile.TemporaryDirectory(prefix="atelier-") as folder:
            source, target = Path(folder, "source.ipynb"), Path(folder, executed.name)
            shutil.copyfile(notebook, source)
            try:
                yield source, target
            finally:
                if target.exists():
                    shutil.copyfile(target, executed)
    else:
        yield notebook, executed


def _this_python(environment: Mapping[str, str]) -> type:
    """Make a class of kernel manager that starts this Python interpreter with the given environment variables.

    The installed Jupyter kernel named ``python3`` may belong to another Python environment.
    """
    from ipykernel.kernelspec import get_kernel_dict
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    # Log messages of the Jupyter kernel do not help a user who waits for a report.
    spec = KernelSpec(**get_kernel_dict(["--IPKernelApp.log_level=CRITICAL"]), env=dict(environment))
    return type("ThisPython", (AsyncKernelManager,), {"kernel_spec": spec})


def _folder_of(notebook: Path) -> str:
    """The working folder of a notebook: the current folder for a user's own notebook, else the folder of the data."""
    return str(folders.home()) if is_named(notebook) else os.getcwd()


def _literal(path: Path) -> str:
    """Double the braces of a path, because Papermill replaces ``{name}`` in a path by the value of a parameter."""
    return str(path).replace("{", "{{").replace("}", "}}")
