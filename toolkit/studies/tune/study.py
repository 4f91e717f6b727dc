"""Search for the fastest settings of an operation within limits, measured in turns with the default."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from toolkit.bench.grid import why_missing
from toolkit.bench.inputs import Inputs
from toolkit.bench.lock import measuring_lock
from toolkit.contracts.notation import parse_size
from toolkit.contracts.trial import Trial
from toolkit.core.choices import Device
from toolkit.core.errors import InvalidValue, Unavailable, invalid
from toolkit.core.params import Value
from toolkit.images.photos import photo
from toolkit.results.store.store import Store
from toolkit.studies.tune.answers import Study
from toolkit.studies.tune.constraints import Limits, Look
from toolkit.studies.tune.found import Hunt
from toolkit.studies.tune.hunt import hunt
from toolkit.studies.tune.live import Machine
from toolkit.studies.tune.objective import Objective, require_objective
from toolkit.studies.tune.outcome import Asked
from toolkit.studies.tune.search import Search
from toolkit.studies.tune.space import TrialSpace, default_trial, space_of

BUDGET_S = 300.0
_SEARCHING = 0.93
"""Share of the time budget in which blocks of calls may start; the rest is for measuring the winner's memory."""


def tune(
    operation: str,
    *,
    minimize: str = Objective.LATENCY,
    size: str | tuple[int, int] | None = None,
    max_p95_ms: float | None = None,
    min_agreement_db: float | None = None,
    min_psnr_db: float | None = None,
    max_memory_mb: float | None = None,
    budget_s: float = BUDGET_S,
    images: Sequence[str] = (),
    device: str = Device.CPU,
    params: Mapping[str, object] | None = None,
    vary: Mapping[str, Sequence[Value]] | None = None,
    caps_mp: Sequence[float] = (),
    plugins: tuple[tuple[str, str], ...] = (),
    store: Store | None = None,
    on_look: Callable[[str, Look, float], None] = lambda label, look, spent_s: None,
    on_wait: Callable[[str], None] | None = None,
) -> Study:
    """Search for the backend and settings that make an operation fastest, or smallest, and keep every limit.

    Each measurement goes into the store when it ends: after an interruption the same call continues the search
    and uses the stored measurements again.

    Parameters
    ----------
    operation : str
        A name from ``tk.OPERATIONS``.
    minimize : {"latency", "throughput", "memory"}
        The quantity to minimise: seconds of one call, seconds per picture of all workers together, or peak memory.
    size : str or (width, height), optional
        Size of the input picture, px: ``"1280x720"``; without `size`, the input has 1 MP.
    max_p95_ms : float, optional
        Largest allowed 95th percentile of the time of a call, ms.
    min_agreement_db : float, optional
        Least PSNR against the reference output, dB. Without this limit, pictures must still agree with the reference
        output within the tolerance of their precision.
    min_psnr_db : float, optional
        Least PSNR against the ground truth of super-resolution, or of a shrunken picture against the full-size result.
    max_memory_mb : float, optional
        Largest peak memory of all processes, MB (10^6 bytes).
    budget_s : float
        Time for the search, s, including the time to make exports and reference outputs.
    images : sequence of str
        Photos on which the operation runs; without `images`, two sample photos.
    device : {"cpu", "cuda"}
        Device on which the operation runs.
    params : mapping, optional
        Fixed parameters of the operation; other parameters have their defaults.
    vary : mapping of parameter to values, optional
        Parameters of the operation that the search may vary, with the values to try.
    caps_mp : sequence of float
        Sizes, MP, to which the picture may be shrunk before the operation; needs `min_psnr_db`.
    plugins : tuple of (path, sha256)
        Plug-in files that define the operation or its backends.
    store : Store, optional
        Store that receives the measurements; without `store`, the store that all commands use.
    on_look : callable
        A function that receives the label of each measured combination of settings, its result, and the seconds since
        the search began.
    on_wait : callable, optional
        A function that receives a sentence if another process measures on this machine.

    Returns
    -------
    Study
        The result of the search; ``study.configuration().write("anime.yaml")`` writes a file to deploy.

    Raises
    ------
    UnknownName, InvalidValue
    Unavailable
        No settings can run on this machine, or weights are missing.

    Examples
    --------
    >>> import toolkit as tk
    >>> study = tk.tune("anime", size="1280x720", min_agreement_db=40, max_p95_ms=300)  # doctest: +SKIP
    >>> study.configuration().write("anime.yaml")  # doctest: +SKIP
    """
    asked = _asked(
        minimize,
        budget_s,
        max_p95_ms=max_p95_ms,
        min_agreement_db=min_agreement_db,
        min_psnr_db=min_psnr_db,
        max_memory_mb=max_memory_mb,
    )
    space = space_of(
        operation,
        minimize=minimize,
        size=parse_size(size) if isinstance(size, str) else size,
        images=images,
        device=device,
        params=params,
        vary=vary,
        caps_mp=caps_mp,
        plugins=plugins,
    )
    return _searched(space, asked, store, params=params or {}, on_look=on_look, on_wait=on_wait)


def _asked(
    minimize: str,
    budget_s: float,
    *,
    max_p95_ms: float | None,
    min_agreement_db: float | None,
    min_psnr_db: float | None,
    max_memory_mb: float | None,
) -> Asked:
    """The checked request to a search, with its limits in s, bytes and dB."""
    limits = Limits(
        max_p95_s=_scaled("max_p95_ms", max_p95_ms, 1e-3),
        min_agreement_db=_scaled("min_agreement_db", min_agreement_db, 1.0),
        min_psnr_db=_scaled("min_psnr_db", min_psnr_db, 1.0),
        max_memory_bytes=_scaled("max_memory_mb", max_memory_mb, 1e6),
    )
    _scaled("budget_s", budget_s, 1.0)
    return Asked(minimize=require_objective(minimize), limits=limits, budget_s=budget_s)


def _check_psnr(space: TrialSpace, limit_db: float | None) -> None:
    """Refuse a limit on the PSNR without a picture to compare with, and shrunken pictures without such a limit."""
    op, is_shrunk = space.trials[0].op, any(trial.steps for trial in space.trials)
    if is_shrunk and limit_db is None:
        raise InvalidValue(
            "a search that may shrink the picture needs min_psnr_db (--min-psnr-db), because the smallest "
            "picture is always the fastest."
        )
    if limit_db is not None and not is_shrunk and op.task != "super-resolution":
        hint = "min_agreement_db (--min-agreement-db) compares with the reference output."
        raise invalid(
            "min_psnr_db", op.name, "omitted: there is no ground truth to compare with", limit_db, hint
        )


def _check_runs(usual: Trial) -> None:
    """Refuse to search if the default cannot run on this machine, or a photo is missing."""
    missing = why_missing(usual)
    if missing:
        raise Unavailable(missing)
    for name in usual.images:
        photo(name)


def _searched(
    space: TrialSpace,
    asked: Asked,
    store: Store | None,
    *,
    params: Mapping[str, object],
    on_look: Callable[[str, Look, float], None],
    on_wait: Callable[[str], None] | None,
) -> Study:
    """Search on this machine, with the default settings in the final comparison, to compare the winner with them."""
    _check_psnr(space, asked.limits.min_psnr_db)
    usual = default_trial(space.trials[0], params=params)
    _check_runs(usual)
    store = Store() if store is None else store
    store.check_writable()
    space = TrialSpace.of([*space.trials, usual], left_out=space.left_out)
    default = space.trials.index(usual)
    with measuring_lock(on_wait), Inputs() as inputs:
        machine = Machine(
            space, inputs, store, objective=asked.minimize, limits=asked.limits, budget_s=asked.budget_s
        )
        found = _hunted(machine, space, asked, default=default, on_look=on_look)
        measurements = machine.finish(
            weighed=[] if found.best is None else [found.best],
            is_complete=found.winner is not None or not found.is_cut_short,
        )
    return Study(
        space=space,
        asked=asked,
        found=found,
        default=default,
        measurements=measurements,
        machine=machine.machine,
        spent_s=machine.spent_s,
        suspect_share=machine.n_suspect / max(1, machine.n_blocks),
    )


def _hunted(
    machine: Machine,
    space: TrialSpace,
    asked: Asked,
    *,
    default: int,
    on_look: Callable[[str, Look, float], None],
) -> Hunt:
    goal = asked.limits.max_p95_s if asked.minimize == Objective.LATENCY else None
    return hunt(
        space,
        machine,
        asked.limits,
        budget_s=_SEARCHING * asked.budget_s,
        keeps=[default],
        proposer=Search(space, start_costs_s=machine.start_costs_s(), goal=goal),
        on_look=lambda cell, look: on_look(space.label(cell), look, machine.spent_s),
    )


def _scaled(name: str, value: float | None, factor: float) -> float | None:
    if value is not None and not value > 0:
        raise invalid(name, "a search", "a number above 0", value)
    return None if value is None else value * factor
