"""Estimate how long a sweep will take, from earlier measurements or, if there are none, from typical times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from toolkit.bench.candidate import compiles_as
from toolkit.bench.crops import WHOLE_REFERENCE_MP, crops_for, pixels_read
from toolkit.bench.executors import RENEWING
from toolkit.bench.plan import Plan
from toolkit.contracts.backend import BACKENDS
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.trial import Trial
from toolkit.core import units
from toolkit.core.choices import Precision

SPAWN_S = 0.6
"""Seconds to start a Python process that imports OpenCV, measured on slow machines."""

# Typical times, measured on two cores, are used for operations that were never measured on this machine.
_CALL_S_PER_MP = 0.5
"""Typical seconds of one call of an operation for each megapixel of input."""

_RUNTIME_S = 2.0
"""Typical seconds to import a runtime for networks, and to load and compile a model."""

_STAGES_S = 1.0
"""Typical seconds to time the pipeline stages of a network, which happens once for each trial."""

_REFERENCE_S_PER_MP = 4.0
"""Typical seconds to compute a float64 reference output (backend numpy) for each megapixel."""

_EXPORT_S = 20.0
"""Typical seconds to export a network to an ONNX file, or to quantise a network to int8."""

_COMPILE_S = {True: 30.0, False: 5.0}
"""Typical seconds to compile a network (key True) or a filter (key False)."""


class _Known:
    """Durations of calls, process starts and compilations in earlier measurements."""

    def __init__(self, history: Iterable[Measurement]) -> None:
        self.call_s_per_mp: dict[tuple[str, str], list[float]] = defaultdict(list)
        self.start_s: dict[tuple[object, ...], list[float]] = defaultdict(list)
        self.cold_s: dict[tuple[object, ...], float] = {}
        self.ran: set[tuple[object, ...]] = set()
        self.referenced: set[tuple[object, ...]] = set()
        for m in history:
            runs = [run for block in m.blocks for run in block.workers if run.samples_s]
            if not runs:
                continue
            call_s = median(s for run in runs for s in run.samples_s)
            self.call_s_per_mp[m.trial.operation, m.trial.backend].append(call_s / m.trial.megapixels)
            for run in runs:
                before = sum(s for stage, s in run.stages_s.items() if stage != "first")
                compiling = max(0.0, run.stages_s.get("first", 0.0) - call_s)
                self.start_s[_starts_as(m.trial)].append(before + compiling)
            if m.cold_first_s is not None:
                self.cold_s[compiles_as(m.trial)] = m.cold_first_s
            self.ran.add((m.trial.backend, *_graph_of(m.trial)))
            if m.agreement is not None:
                self.referenced.add(_reference_of(m.trial))


def estimate_s(trials: Iterable[Trial], plan: Plan, history: Iterable[Measurement] = ()) -> float:
    """Rough duration, s, of measuring `trials`: starting processes, compiling, exporting and calling.

    Typical times are used for operations without an earlier measurement. The time to compute reference outputs is
    included, unless an earlier measurement has needed the same reference outputs.
    """
    known, total = _Known(history), 0.0
    of_graphs = [b.name for b in BACKENDS.loadable() if b.formats and "torch" not in b.formats]
    once: dict[tuple[object, ...], float] = {}
    for trial in trials:
        has_network = trial.op.network is not None
        rates = known.call_s_per_mp.get((trial.operation, trial.backend))
        call_s = (median(rates) if rates else _CALL_S_PER_MP) * trial.megapixels * trial.batch
        call_s *= max(1.0, trial.workers / 2)
        starts = known.start_s.get(_starts_as(trial))
        start_s = median(starts) if starts else SPAWN_S + _RUNTIME_S * has_network
        if trial.executor == RENEWING:
            call_s += start_s
        steady_s = max(plan.seconds, call_s if call_s > plan.seconds else call_s * plan.least_calls)
        total += (plan.blocks + 1) * (start_s + call_s + steady_s) + _STAGES_S * has_network
        if trial.runtime.cold_environment(trial.placement, Path()):
            compiled = compiles_as(trial)
            once["compiled", *compiled] = SPAWN_S + known.cold_s.get(compiled, _COMPILE_S[has_network])
        if _reference_of(trial) not in known.referenced:
            rates = known.call_s_per_mp.get((trial.operation, trial.reference))
            known_s_per_mp = median(rates) if rates and has_network else None
            once["reference", *_reference_of(trial)] = reference_s(trial, call_s_per_mp=known_s_per_mp)
        graph = _graph_of(trial)
        is_there = any((name, *graph) in known.ran for name in of_graphs)
        if has_network and trial.backend in of_graphs and not is_there:
            once["graph", *graph] = _EXPORT_S
    return total + sum(once.values())


def reference_s(trial: Trial, *, call_s_per_mp: float | None = None) -> float:
    """Rough duration of computing the reference outputs for all photos of a trial, each in its own process, s.

    Parameters
    ----------
    call_s_per_mp : float, optional
        Seconds for each megapixel in one call of the reference backend, if known from earlier measurements.
    """
    crops = crops_for(trial)
    pixels = pixels_read(crops) if crops else trial.width * trial.height
    typical = _REFERENCE_S_PER_MP if trial.reference == "numpy" else _CALL_S_PER_MP
    rate = typical if call_s_per_mp is None else call_s_per_mp
    start_s = SPAWN_S if trial.op.network is None else SPAWN_S + _RUNTIME_S
    return len(trial.images) * (start_s + rate * pixels / 1e6)


def whole_references_note(trials: Iterable[Trial]) -> str:
    """A sentence that names filters whose references need whole large pictures, with the time for them; or ``""``."""
    wholes = {
        _reference_of(trial): trial
        for trial in trials
        if trial.op.network is None
        and trial.op.halo_of(trial.resolved) is None
        and trial.megapixels > WHOLE_REFERENCE_MP
    }
    if not wholes:
        return ""
    names = ", ".join(dict.fromkeys(trial.operation for trial in wholes.values()))
    seconds = units.seconds(sum(map(reference_s, wholes.values())))
    return f"{names} has no halo, so reference outputs are computed for whole pictures, which takes about {seconds}."


def _reference_of(trial: Trial) -> tuple[object, ...]:
    """A value that is equal for trials that are compared with the same reference outputs."""
    return trial.operation, trial.picture_params, trial.steps, trial.images, trial.width, trial.height


def _starts_as(trial: Trial) -> tuple[object, ...]:
    return trial.operation, trial.backend, trial.placement.options


def _graph_of(trial: Trial) -> tuple[object, ...]:
    """A value that is equal for trials that open one graph file, which is exported or quantised only once."""
    return trial.operation, trial.picture_params, trial.placement.precision == Precision.INT8
