"""Write the settings of a tuner as code to copy: as Python, command line, YAML and notebook parameters."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence

from toolkit.core.params import Value, value_text


def call_text(operation: str, run: Mapping[str, Value], params: Mapping[str, Value]) -> str:
    """Write the call of ``tk.apply``; `run` and `params` have only the settings that differ from the defaults.

    >>> call_text("stylization", {"threads": 1}, {"sigma_s": 20.0})
    'tk.apply("stylization", image, threads=1, sigma_s=20.0)'
    """
    arguments = [
        repr(operation),
        "image",
        *(f"{name}={value!r}" for name, value in {**run, **params}.items()),
    ]
    return f"tk.apply({', '.join(arguments)})".replace("'", '"')


def copies(
    operation: str,
    photo: str,
    run: Mapping[str, Value],
    params: Mapping[str, Value],
    *,
    plugins: Sequence[tuple[str, str]] = (),
) -> dict[str, str]:
    """The settings of a tuner in each form of code, by the name on the button that copies the code.

    Parameters
    ----------
    photo : str
        Photo of the tuner: a name or path that ``tk.photo`` accepts.
    run, params : mapping
        Backend, threads and precision that differ from the defaults, and parameters that differ from the defaults.
    plugins : sequence of (path, SHA-256)
        Files that define the operation or a backend.
    """
    files = [path for path, _ in plugins]
    options = [word for name, value in {**run, **params}.items() for word in (f"--{name}", value_text(value))]
    loads = "".join(f"tk.load_plugin({json.dumps(path)})\n" for path in files)
    python = (
        f"import toolkit as tk\n\n{loads}image = tk.photo({json.dumps(photo)})\n"
        f'tk.save({call_text(operation, run, params)}, "{operation}.png", force=True)\n'
    )
    out = [photo, f"{operation}.png", "--force", "--strip"]
    options += [word for path in files for word in ("--plugin", path)]
    command = shlex.join(["atelier", "apply", operation, *out, *options])
    by_file = shlex.join(["atelier", "apply", "--config", f"{operation}.yaml", *out])
    yaml = f"# {by_file}\nformat: 1\noperation: {operation}\nparams: {json.dumps(dict(params))}\n"
    yaml += f"plugins: {json.dumps(dict(plugins))}\n" if plugins else ""
    yaml += f"run: {json.dumps(dict(run))}\n"
    notebook = (
        f"operation: {operation}\nphoto: {json.dumps(photo)}\nsettings: {json.dumps({**run, **params})}\n"
    )
    notebook += f"plugins: {json.dumps(files)}\n" if plugins else ""
    return {"Python": python, "CLI": f"{command}\n", "YAML": yaml, "Papermill": notebook}
