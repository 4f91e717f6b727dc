"""Run one operation over a folder of pictures, from Python."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from toolkit.contracts.trial import Step
from toolkit.core.choices import Device, Precision
from toolkit.core.params import Value
from toolkit.images.encode import Chroma
from toolkit.jobs.batch_plan import BatchPlan, work_of
from toolkit.jobs.batch_run import run_batch
from toolkit.jobs.batch_summary import BatchSummary
from toolkit.machine.hardware import allowed_cpus


def batch(
    operation: str,
    source: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    backend: str | None = None,
    options: Mapping[str, Value] | None = None,
    threads: int = 1,
    precision: str = Precision.FP32,
    device: str = Device.CPU,
    executor: str = "processes",
    workers: int | None = None,
    timeout_s: float | None = None,
    executor_options: Mapping[str, Value] | None = None,
    steps: tuple[Step, ...] = (),
    suffix: str = "",
    quality: int | None = None,
    chroma: str = Chroma.HALF,
    strip: bool = False,
    plugins: tuple[tuple[str, str], ...] = (),
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    **params: Value,
) -> BatchSummary:
    """Run one operation over a folder of pictures of any number; the same call continues after any interruption.

    Each result is written completely or not at all. A ledger (a SQLite file) in the folder of the results holds the
    state of every picture. A picture with the same bytes as a finished picture gets a copy of its result. If the
    settings, the source code or the weights of the operation have changed, all results are made again.

    Parameters
    ----------
    operation : str
        Name of the operation to run, from ``tk.OPERATIONS``.
    source : path
        A folder, read with its sub-folders; a pattern such as ``photos/*.jpg``; a picture; or a list (.txt).
    out : path
        Folder for the results, outside of `source`; sub-folders are kept.
    backend, precision, device, **params
        Arguments of ``tk.apply``; without `backend`, a backend is chosen for each picture.
    options : mapping, optional
        Options of the backend that differ from their defaults.
    threads : int
        Number of threads of each worker.
    executor : str
        Name of the executor that runs the pictures; ``atelier list executors`` shows the names.
    workers : int, optional
        Number of workers; default: the number that fits the processors that this process may use.
    timeout_s : float, optional
        Longest time for one picture, s; only for an executor that runs pictures in processes of their own.
    suffix : str
        Format of the results, such as ``.png``; default: the format of each picture, or PNG if that format
        cannot hold the result.
    quality : int, optional
        Quality of JPEG and WebP results, 1 to 100.
    chroma : {"4:2:0", "4:4:4"}
        Resolution of the colour in JPEG files.
    strip : bool
        Whether EXIF data and colour profile are left out of the results.
    on_progress : callable
        Function that receives the numbers of ended pictures and of all pictures.

    Returns
    -------
    BatchSummary
        A summary, which can be printed; its method ``to_frame`` returns one row for each picture.

    Raises
    ------
    UnknownName, InvalidValue, Unavailable, Unsupported
        The batch cannot start or continue; finished results are kept.

    Examples
    --------
    >>> import toolkit as tk
    >>> tk.batch("oil_painting", "photos", "paintings")  # doctest: +SKIP
    40 of 40 pictures are done.
    40 pictures in 3.6 s: 11.1 pictures a second.
    """
    work = work_of(
        operation,
        backend=backend,
        options=options,
        threads=threads,
        precision=precision,
        device=device,
        params=dict(params),
        steps=steps,
        plugins=plugins,
    )
    plan = BatchPlan(
        work=work,
        source=os.fspath(source),
        out=Path(out),
        executor=executor,
        workers=workers or fitting_workers(executor, threads),
        timeout_s=timeout_s,
        options=dict(executor_options or {}),
        suffix=suffix,
        quality=quality,
        chroma=chroma,
        strips=strip,
    )
    return run_batch(plan, on_progress=on_progress)


def fitting_workers(executor: str, threads: int) -> int:
    """The number of workers with `threads` threads each that fits the processors that this process may use."""
    from toolkit.workers.executor import EXECUTORS

    most = EXECUTORS[executor].most_workers
    fit = max(1, allowed_cpus() // threads)
    return fit if most is None else min(fit, most)
