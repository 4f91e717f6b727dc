"""The tuner as a web page: Voila serves a notebook of one cell, without code and without JupyterLab."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from toolkit.contracts.operation import OPERATIONS
from toolkit.core.child_process import module_environment
from toolkit.core.errors import Unavailable
from toolkit.core.params import Value

_ENDS_S = 20.0


def serve_app(
    operation: str,
    photo: str | os.PathLike[str],
    *,
    settings: Mapping[str, Value] | None = None,
    plugins: Sequence[str] = (),
    port: int = 8866,
    opens_browser: bool = True,
) -> int:
    """Serve the tuner of an operation on this machine until Ctrl-C.

    Parameters
    ----------
    operation : str
        A name from ``tk.OPERATIONS``.
    photo : str or path
        Photo of the tuner: a name or path that ``tk.photo`` accepts.
    settings : mapping, optional
        Arguments of `Tuner.set` for the initial settings.
    plugins : sequence of path
        Files that define the operation or backends, loaded in this process already.
    port : int
        Port of the page; the next free port if this port is in use.
    opens_browser : bool
        Whether the page opens in the user's browser; Voila prints the address of the page in either case.

    Returns
    -------
    int
        The exit code: 0 after Ctrl-C, else the exit code of Voila.

    Raises
    ------
    UnknownName
        No operation has this name.
    Unavailable
        Voila or anywidget is not installed.
    """
    OPERATIONS[operation].resolve({})
    for module in ("voila", "anywidget"):
        if importlib.util.find_spec(module) is None:
            raise Unavailable(f"the tuner as an app needs {module}; run pip install -e '.[app]'.")
    name = os.path.abspath(photo) if os.path.isfile(photo) else os.fspath(photo)
    with tempfile.TemporaryDirectory(prefix="atelier-app-") as folder:
        notebook = Path(folder, f"{operation}.ipynb")
        code = _code(operation, name, settings or {}, plugins)
        notebook.write_text(json.dumps(_notebook(code)), encoding="utf-8")
        options = [f"--port={port}", *([] if opens_browser else ["--no-browser"])]
        command = [sys.executable, "-m", "voila", str(notebook), *options]
        server = subprocess.Popen(command, env={**os.environ, **module_environment()}, cwd=folder)
        try:
            return server.wait()
        except KeyboardInterrupt:
            return 0
        finally:
            server.terminate()
            server.wait(_ENDS_S)


def _code(operation: str, photo: str, settings: Mapping[str, Value], plugins: Sequence[str]) -> str:
    loads = "".join(f"tk.load_plugin({os.path.abspath(path)!r})\n" for path in plugins)
    made = f"tuner = tk.tuner({operation!r}, {photo!r})\ntuner.set(**{dict(settings)!r})\ntuner"
    return f"import toolkit as tk\n{loads}{made}"


def _notebook(code: str) -> dict[str, Any]:
    cell = {
        "cell_type": "code",
        "id": "tuner",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": code,
    }
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
