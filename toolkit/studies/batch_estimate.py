"""Estimate how long a batch takes from measurements in the store, without running the operation or writing files."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from toolkit.core import units
from toolkit.core.errors import InvalidValue
from toolkit.jobs.batch import fitting_workers
from toolkit.jobs.batch_plan import BatchPlan, work_of
from toolkit.results.rows.summarising import summarise
from toolkit.results.store.store import Store

_LOOKED_AT = 40  # number of pictures whose header is read for the mean size


@dataclass(frozen=True, kw_only=True)
class BatchEstimate:
    """Number of pictures, number of workers and estimated seconds of a batch that has not run.

    Attributes
    ----------
    pictures : int
        Number of pictures of the batch.
    mean_mp : float or None
        Mean size of the first 40 pictures whose header can be read, MP; None if no header can be read.
    workers : int
        Number of workers that would run the batch.
    seconds : float or None
        Estimated seconds of the operation without reading and writing files; None if the store has no measurement
        of the operation.
    measured : str
        Label of the measurement from which `seconds` is computed; empty without a measurement.
    """

    pictures: int
    mean_mp: float | None
    workers: int
    seconds: float | None
    measured: str

    def to_dict(self) -> dict[str, Any]:
        """The estimate as a dict that JSON can hold."""
        return asdict(self)

    def __str__(self) -> str:
        size = f" of about {units.megapixels(self.mean_mp)} MP" if self.mean_mp else ""
        said = f"{units.counted(self.pictures, 'picture')}{size} would run with {units.workers_text(self.workers)}."
        if self.seconds is None:
            return f"{said} The duration of this batch is not known: measure the operation first with atelier bench."
        return (
            f"{said} The operation alone would take about {units.seconds(self.seconds)}, by the stored measurement of "
            f"{self.measured}; reading and writing files takes additional time."
        )


def batch_estimate(
    operation: str,
    source: str,
    out: str,
    *,
    backend: str | None = None,
    threads: int = 1,
    workers: int | None = None,
    executor: str = "processes",
    suffix: str = "",
    store: Store | None = None,
    **settings: Any,
) -> BatchEstimate:
    """Check a batch as `toolkit.jobs.batch.batch` does, and estimate its time.

    Parameters
    ----------
    operation, source, out, backend, threads, workers, executor, suffix, **settings
        The parameters of `toolkit.jobs.batch.batch`.
    store : Store, optional
        Store with the measurements; default: the store that all commands use.

    Raises
    ------
    UnknownName, InvalidValue
        An argument is not valid, or `source` has no picture.
    """
    names = ("options", "precision", "device", "steps", "plugins")
    not_params = {*names, "timeout_s", "quality", "chroma", "strip", "executor_options"}
    params = {name: value for name, value in settings.items() if name not in not_params}
    place = {"precision": "fp32", "device": "cpu"} | {n: settings[n] for n in names if n in settings}
    work = work_of(operation, backend=backend, threads=threads, params=params, **place)
    count = workers or fitting_workers(executor, threads)
    plan = BatchPlan(work=work, source=source, out=Path(out), executor=executor, workers=count, suffix=suffix)
    plan.check()
    pictures, sizes = 0, list[float]()
    for found, _ in plan.pictures():
        pictures += 1
        if len(sizes) < _LOOKED_AT:
            sizes += _megapixels(found.path)
    if not pictures:
        raise InvalidValue(f"IN must hold picture files; got {source!r}, which has no picture file.")
    mean_mp = mean(sizes) if sizes else None
    seconds_per_mp, measured = _measured(
        operation, backend or work.op.prefer[0], Store() if store is None else store
    )
    seconds = None
    if seconds_per_mp is not None and mean_mp is not None:
        seconds = pictures * mean_mp * seconds_per_mp / count
    return BatchEstimate(
        pictures=pictures, mean_mp=mean_mp, workers=count, seconds=seconds, measured=measured
    )


def _measured(operation: str, backend: str, store: Store) -> tuple[float | None, str]:
    """Seconds per megapixel in the newest measurement of the operation on the backend with one worker."""
    rows = [
        s
        for s in summarise(store.find(operation=operation, backend=backend, workers=1))
        if s.is_ok and s.is_timed
    ]
    if not rows:
        return None, ""
    newest = max(rows, key=lambda s: s.measurement.began)
    return newest.picture.value / newest.trial.megapixels, str(newest.trial.label)


def _megapixels(file: Path) -> list[float]:
    """The size of a picture from its header; empty if the header cannot be read."""
    from PIL import Image

    try:
        with Image.open(file) as picture:
            return [picture.width * picture.height / 1e6]
    except Exception:  # Pillow raises errors of many classes for damaged files
        return []
