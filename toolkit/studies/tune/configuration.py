"""A configuration: a YAML file with the settings that a search found, for people to read and programs to run.

``operation``, ``params``, ``steps``, ``plugins``, ``run`` and ``input`` say what runs and how; the other keys
record the request to the search and its results, and affect no run.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolkit.bench.grid import Grid
from toolkit.contracts.backend import backend_named
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.fingerprint import fingerprint
from toolkit.contracts.identity import comparable_id, source_id
from toolkit.contracts.operation import load_plugin
from toolkit.contracts.trial import Trial
from toolkit.core.choices import Device, Precision
from toolkit.core.errors import InvalidValue, invalid, unknown
from toolkit.core.files import to_json, write_whole
from toolkit.images.photos import photo_file
from toolkit.machine.hardware import allowed_cpus
from toolkit.models import network_files

_log = logging.getLogger(__name__)

FORMAT = 1
FOUND = ("asked", "found", "against", "ties", "rejected", "made_for")
"""Keys that record the request to the search and its results; they affect no run."""

_KEYS = ("format", "operation", "params", "steps", "plugins", "run", "input", *FOUND)
_RUN = ("backend", "options", "device", "precision", "threads", "workers", "batch")
_INPUT = ("width", "height", "images")
_USUAL_SIZE = (640, 480)


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """The settings of an operation, with the results of the search that found them.

    Attributes
    ----------
    trial : Trial
        The operation with its settings, at the input size of the search.
    record : mapping
        The request and the results of the search: those keys of `FOUND` that the file has.
    names_backend : bool
        Whether the configuration file names the backend; otherwise the operation chooses a backend for each size of
        picture.
    path : Path or None
        The file from which the configuration was read, if any.
    """

    trial: Trial
    record: Mapping[str, Any] = field(default_factory=dict)
    names_backend: bool = True
    path: Path | None = None

    def to_yaml(self) -> str:
        """The configuration as the text of a YAML file."""
        trial, place = self.trial, self.trial.placement
        run = {
            "backend": trial.backend,
            "options": dict(place.options),
            "device": str(place.device),
            "precision": str(place.precision),
            "threads": place.threads,
            "workers": trial.workers,
            "batch": trial.batch,
        }
        parts: dict[str, Any] = {"format": FORMAT, "operation": trial.operation, "params": dict(trial.params)}
        if trial.steps:
            parts["steps"] = {name: dict(given) for name, given in trial.steps}
        if trial.plugins:
            parts["plugins"] = dict(trial.plugins)
        photos = {"images": list(trial.images)} if trial.unusual_keys("images") else {}
        parts |= {"run": run, "input": {"width": trial.width, "height": trial.height, **photos}}
        parts |= {key: self.record[key] for key in FOUND if key in self.record}
        return "".join(f"{key}: {_flow(value)}\n" for key, value in parts.items())

    def write(self, path: str | Path) -> Path:
        """Write the configuration as a YAML file, completely or not at all.

        Raises
        ------
        InvalidValue
        """
        return write_whole(path, self.to_yaml())


def read_configuration(path: str | Path) -> Configuration:
    """Read a configuration: check every name and every value, and load the plug-ins that the file names.

    Raises
    ------
    UnknownName, InvalidValue, Unavailable
    """
    path = Path(path).expanduser()
    plain = _mapping(_parsed(path), f"configuration {path.name}", _KEYS)
    if plain.get("format") != FORMAT:
        hint = "A newer Atelier wrote the configuration." if isinstance(plain.get("format"), int) else ""
        raise invalid("format", f"configuration {path.name}", str(FORMAT), plain.get("format"), hint)
    if "operation" not in plain:
        raise invalid("operation", f"configuration {path.name}", "the name of an operation", None)
    plugins = _plugins(plain.get("plugins") or {}, path)
    run = _mapping(plain.get("run") or {}, "run", _RUN)
    size = _mapping(plain.get("input") or {}, "input", _INPUT)
    trial = make_trial(
        str(plain["operation"]),
        run.get("backend"),
        params=_mapping(plain.get("params") or {}, "params"),
        steps=tuple(_mapping(plain.get("steps") or {}, "steps").items()),
        options=_mapping(run.get("options") or {}, "options"),
        device=run.get("device", Device.CPU),
        precision=run.get("precision", Precision.FP32),
        threads=run.get("threads", allowed_cpus()),
        workers=run.get("workers", 1),
        batch=run.get("batch", 1),
        images=_photos(size),
        size=(_side(size, "width"), _side(size, "height")) if size else _USUAL_SIZE,
        plugins=plugins,
    )
    record = {key: plain[key] for key in FOUND if key in plain}
    return Configuration(trial=trial, record=record, names_backend="backend" in run, path=path)


def made_for(trial: Trial) -> dict[str, Any]:
    """Describe this machine and a trial's package versions, sources and weights, for the configuration file."""
    machine = fingerprint()
    used = {part.backend.distribution for part in trial.parts} | {"numpy", "opencv-contrib-python"}
    networks = [part.network for part in trial.parts if part.network is not None]
    weights = [str(file.name) for network in networks for file in network_files.files(network)]
    return {
        "environment": comparable_id(machine),
        "cpu": machine["cpu"]["model"],
        "cores": machine["cpu"]["allowed"],
        "packages": {name: machine["runtimes"].get(name, "") for name in sorted(used)},
        "sources": source_id(trial)[:12],
        **({"weights": weights} if weights else {}),
    }


def what_differs(configuration: Configuration) -> str:
    """How this machine differs from the machine of the search, as a clause; ``""`` if the two machines are equal."""
    then = configuration.record.get("made_for")
    if not isinstance(then, Mapping):
        return ""
    now = made_for(configuration.trial)
    versions = then.get("packages") if isinstance(then.get("packages"), Mapping) else {}
    found = [
        f"{key} {now[key]}, not {then[key]}"
        for key in ("cpu", "cores")
        if then.get(key, now[key]) != now[key]
    ]
    found += [
        f"{name} {now['packages'].get(name) or 'missing'}, not {version}"
        for name, version in (versions or {}).items()
        if now["packages"].get(name) != version
    ]
    if not found and then.get("sources", now["sources"]) != now["sources"]:
        found.append("the sources or weights of the operation differ from the search's")
    if not found and then.get("environment", now["environment"]) != now["environment"]:
        found.append("the system, Python or the amount of memory differs from the search's")
    return "; ".join(found)


def warn_of_difference(configuration: Configuration) -> None:
    """Log one warning if the settings were found on another machine or with other versions."""
    found = what_differs(configuration)
    if found:
        name = configuration.path.name if configuration.path else "the configuration"
        hint = f"atelier tune --verify {configuration.path or 'FILE'} measures whether the settings are still good"
        _log.warning("%s was made for another machine: on this machine %s; %s.", name, found, hint)


def grid_of(configuration: Configuration, *, images: tuple[str, ...] = ()) -> Grid:
    """A grid of one trial that measures a configuration, on the default photos or on `images`."""
    trial, place = configuration.trial, configuration.trial.placement
    return Grid(
        operations=(trial.operation,),
        backends=((trial.backend, place.options),),
        sizes=((trial.width, trial.height),),
        threads=(place.threads,),
        workers=(trial.workers,),
        steps=(tuple((name, dict(given)) for name, given in trial.steps),),
        images=images,
        precisions=(place.precision,),
        device=place.device,
        batches=(trial.batch,),
        params=dict(trial.params),
        plugins=trial.plugins,
    )


def environment_of(configuration: Configuration) -> dict[str, str]:
    """Environment variables to set before a process starts to run the configuration: imports of libraries read them."""
    from toolkit.workers.process import thread_environment

    trial = configuration.trial
    return thread_environment(trial.placement, backend_named(trial.backend))


def _parsed(path: Path) -> Any:
    import yaml

    try:
        return yaml.safe_load(path.read_text())
    except OSError as error:
        hint = "atelier tune OPERATION --out FILE writes a configuration"
        raise InvalidValue(
            f"configuration {str(path)!r} cannot be read: {error.strerror}; {hint}."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        where = getattr(error, "problem_mark", None)
        line = f" in line {where.line + 1}" if where is not None else ""
        raise InvalidValue(
            f"configuration {str(path)!r} must be YAML; it has a syntax error{line}."
        ) from error


def _mapping(value: Any, owner: str, known: Iterable[str] = ()) -> dict[str, Any]:
    """A mapping from a configuration as a dict, after a check that every key is a text in `known`."""
    if not isinstance(value, Mapping):
        raise invalid(owner, "a configuration", "names with values", value)
    names = list(known)
    for key in value:
        if not isinstance(key, str) or (names and key not in names):
            raise unknown(f"key of {owner}", str(key), names)
    return dict(value)


def _side(size: Mapping[str, Any], name: str) -> int:
    value = size.get(name)
    if type(value) is not int or value < 1:
        raise invalid(name, "input", "a whole number of px, at least 1", value)
    return value


def _photos(size: Mapping[str, Any]) -> tuple[str, ...]:
    """The photos named in a configuration that still exist; an empty tuple means the default photos."""
    names = size.get("images", [])
    if not isinstance(names, list):
        raise invalid("images", "input", "a list of photos", names)
    return tuple(str(name) for name in names if photo_file(str(name)).is_file())


def _plugins(given: Any, path: Path) -> tuple[tuple[str, str], ...]:
    """Load the plug-ins of a configuration, with a warning for each plug-in whose content has changed."""
    found = []
    for file, sha in _mapping(given, "plugins").items():
        now = load_plugin(file)
        if now != sha:
            _log.warning("plug-in %s has changed since %s was made.", file, path.name)
        found.append((file, now))
    return tuple(found)


def _flow(value: Any) -> str:
    """A value as one line of YAML, which needs fewer quotes than JSON."""
    import json

    import yaml

    plain = json.loads(to_json(value))
    text = yaml.safe_dump(
        plain, default_flow_style=True, sort_keys=False, width=float("inf"), allow_unicode=True
    )
    return text.removesuffix("\n").removesuffix("\n...").strip()
