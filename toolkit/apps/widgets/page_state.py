"""The state that a tuner's page shows beside its pictures, as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from toolkit.apps.widgets.before import PHOTO, REFERENCE
from toolkit.apps.widgets.live_loop import Job
from toolkit.apps.widgets.visible import full_px
from toolkit.core import units
from toolkit.core.choices import Precision
from toolkit.core.params import Param, pair_text
from toolkit.machine.hardware import allowed_cpus
from toolkit.workers.live_worker import Rendered

if TYPE_CHECKING:
    from toolkit.apps.widgets.live_tuner import Tuner
    from toolkit.apps.widgets.tries import Try


def full_of(tuner: Tuner, job: Job | None = None) -> tuple[int, int]:
    """Width and height of the full result of a job, px; default: of a job with the present settings."""
    if job is None:
        return full_px(tuner.op, tuner.photo.shape, tuner.settings.params)
    return full_px(tuner.op, job.photo.shape, job.settings.params)


def caption(tuner: Tuner, job: Job, found: Rendered) -> str:
    """The caption of a picture: its settings, and the time and the backend of the one call that made the picture."""
    settings = _changed(tuner, dict(job.settings.params))
    return f"{settings}: {units.seconds(found.took_s)} on {found.backend}, one call"


def state_of(tuner: Tuner) -> dict[str, Any]:
    """The settings, choices, costs and history of a tuner, for the browser."""
    how, shape = tuner.settings, tuner.photo.shape
    has_precisions = tuner.op.network is not None
    return {
        "operation": tuner.operation,
        "summary": tuner.op.summary,
        "params": [_control(param) for param in tuner.op.params],
        "value": tuner.value,
        "run": {
            "backend": how.backend or "",
            "threads": how.threads or 0,
            "precision": str(how.precision),
            "photo": how.photo,
        },
        "choices": {
            "photo": tuner.photo_names,
            "backend": ["", *tuner.op.ways(how.params)],
            "threads": [0, *range(1, allowed_cpus() + 1)],
            "precision": [str(one) for one in Precision] if has_precisions else [],
        },
        "presets": tuner.presets,
        "before": {"what": tuner.before.what, "choices": _befores(tuner)},
        "number": tuner.number,
        "photo_px": [shape[1], shape[0]],
        "full_px": list(full_of(tuner)),
        "error": tuner.error,
        "is_failure_missing": tuner.is_missing,
        "is_new_way": tuner.is_new_way,
        "costs": tuner.costs.plain(),
        "measured": tuner.measuring.found(how),
        "is_measuring": tuner.measuring.is_running,
        "copies": tuner.copies,
        "history": [_tried(tuner, one) for one in tuner.history],
        "key": how.key,
    }


def _tried(tuner: Tuner, one: Try) -> dict[str, str]:
    cost = f"{units.seconds(one.took_s)} {one.ran_on}"
    return {"key": one.key, "text": _changed(tuner, one.params), "cost": cost}


def _befores(tuner: Tuner) -> list[list[str]]:
    """The possible pictures for comparison, each with its name."""
    reference = tuner.op.reference_of(tuner.settings.params)
    tries = [[one.key, f"try: {_changed(tuner, one.params)}, {one.ran_on}"] for one in tuner.history]
    return [[PHOTO, "photo"], [REFERENCE, f"reference ({reference})"], *reversed(tries)]


def _changed(tuner: Tuner, params: dict[str, Any]) -> str:
    changed = [
        pair_text(p.name, params[p.name])
        for p in tuner.op.params
        if p.name in params and params[p.name] != p.default
    ]
    return ", ".join(changed) or "defaults"


def _control(param: Param) -> dict[str, Any]:
    is_bool, is_text = isinstance(param.default, bool), isinstance(param.default, str)
    kind = "choice" if param.choices else "bool" if is_bool else "text" if is_text else "number"
    return {
        "name": param.name,
        "kind": kind,
        "default": param.default,
        "low": param.low,
        "high": param.high,
        "choices": list(param.choices),
        "unit": param.unit,
        "is_log": param.scale == "log" and (param.low or 0) > 0,
        "is_whole": isinstance(param.default, int),
        "help": f"{param.help or param.name}: {param.constraint}, default {param.default}",
    }
