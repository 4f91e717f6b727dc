"""Reference outputs: made in a process of their own, kept by content, never made twice."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from toolkit.bench.inputs import Inputs, load_output
from toolkit.contracts.backend import BACKENDS, Placement
from toolkit.contracts.identity import source_id
from toolkit.contracts.loaded_network import form_of, source_of
from toolkit.contracts.outcome import Cause
from toolkit.contracts.trial import Trial
from toolkit.core import folders
from toolkit.core.errors import Unavailable
from toolkit.core.files import written_whole
from toolkit.images.image import Image
from toolkit.machine.hardware import allowed_cpus
from toolkit.models import network_files
from toolkit.workers.process import WorkerFailed, WorkerProcess, thread_environment

_LARGEST_TILE_PX = 8192  # that a tile can be; beyond, the picture is whole
_SPARING_TILE_PX = 256  # of a reference that dies whole: CARN-M x4 takes 10 kB a pixel
_SIDE_BY_SIDE_MP = 8.0  # a float64 reference takes about 170 bytes a pixel


def reference_trial(trial: Trial) -> Trial:
    """The question whose answer is right by definition: same work on the operation's reference backend.

    A network's tiles have twice the side there: then half of the trial's seams have none to agree with.
    """
    tile = 2 * int(dict(trial.way_params).get("tile", 0))
    tiles = (("tile", tile),) if 0 < tile <= _LARGEST_TILE_PX else ()
    return trial.with_(
        params=(*trial.picture_params, *tiles),
        backend=trial.reference,
        placement=Placement(threads=allowed_cpus()),
        batch=1,
        workers=1,
    )


def prepare_exports(trial: Trial) -> None:
    """Make the files that the trial's workers will open, so that no worker's time holds an export.

    Raises
    ------
    Unavailable, InvalidValue, TrialFailed
        As `toolkit.models.onnx_files.onnx_file`.
    """
    for part in trial.parts:
        network = part.network
        if network is None or part.backend.name in part.op.kernels:
            continue
        found = form_of(network, part.backend, part.precision)
        if found is not None and found[1] != "torch":
            source_of(*found, part.precision)
        elif network.is_trained:
            network_files.checkpoint(network)  # a sentence now, rather than from a worker


def references(
    trial: Trial, photos: Sequence[str], inputs: Inputs, *, timeout_s: float
) -> dict[str, Image] | None:
    """The reference output for each photo, from the cache or newly made.

    Returns
    -------
    dict of photo to ndarray, or None
        None where the reference backend itself is wrong at this size or not installed.

    Raises
    ------
    WorkerFailed
        The reference crashed or took longer than `timeout_s` for one picture.
    Unavailable
        A network's reference died, in tiles too where it may be tiled: most likely memory is short.
    """
    asked = reference_trial(trial)
    if asked.wrong_size or not asked.runtime.is_installed():
        return None
    paths = {name: _path(asked, inputs.hash(asked, name)) for name in photos}
    found = {name: _read(paths[name]) for name in photos}
    missing = [name for name in photos if found[name] is None]
    if missing:
        make = _make if _is_plain(asked) else _make_one_by_one
        try:
            make(asked.with_(images=tuple(missing)), paths, inputs, timeout_s)
        except WorkerFailed as error:
            raise WorkerFailed(f"its {asked.backend} reference: {error}", error.cause) from error
    found |= {name: _read(paths[name]) for name in missing}
    return {name: picture for name, picture in found.items() if picture is not None}


def _path(trial: Trial, input_hash: str) -> Path:
    # OpenCV prepares pictures and finishes them around every network, and runs most pre-steps.
    versions = [BACKENDS[name].version() for name in (trial.backend, "opencv")]
    said = [
        trial.operation,
        trial.params,
        trial.steps,
        trial.backend,
        versions,
        input_hash,
        source_id(trial),
    ]
    digest = hashlib.sha256(json.dumps(said).encode()).hexdigest()[:24]
    return folders.cache_folder("references") / f"{trial.operation}-{digest}.npz"


def _read(path: Path) -> Image | None:
    """A kept reference; None where there is none, or a power cut left half of one."""
    try:
        with path.open("rb") as file:
            picture: Image = np.load(file)["picture"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return picture


def _is_plain(trial: Trial) -> bool:
    """Whether no network runs in it, in a pre-step neither."""
    return all(part.op.network is None for part in trial.parts)


def _make_one_by_one(trial: Trial, paths: dict[str, Path], inputs: Inputs, timeout_s: float) -> None:
    """Make those of a network, which takes every processor and kilobytes a pixel; in tiles where it dies whole."""
    network = trial.op.network_of(trial.resolved)
    can_be_tiled = network is not None and network.halo is not None and "tile" not in dict(trial.params)
    tiled = trial.with_(params=(*trial.params, ("tile", _SPARING_TILE_PX)))
    for name in trial.images:
        for asked in (trial, tiled) if can_be_tiled else (trial,):
            try:
                _make(asked.with_(images=(name,)), paths, inputs, timeout_s)
                break
            except WorkerFailed as error:
                if error.cause is not Cause.DIED:
                    raise
                said = error
        else:
            raise Unavailable(f"{trial.label} has no {trial.backend} reference to agree with here: {said}")


def _make(trial: Trial, paths: dict[str, Path], inputs: Inputs, timeout_s: float) -> None:
    """Make the missing ones, side by side where memory is no question: a plain reference uses one processor."""
    at_once = allowed_cpus() if trial.megapixels <= _SIDE_BY_SIDE_MP else 1
    for start in range(0, len(trial.images), at_once):
        with ExitStack() as stack:
            workers = {}
            for name in trial.images[start : start + at_once]:
                one = trial.with_(images=(name,))
                worker = stack.enter_context(WorkerProcess(thread_environment(one)))
                worker.send("open", trial=one.to_dict(), inputs=inputs.paths(one), turn=0)
                workers[name] = worker
            for worker in workers.values():
                worker.receive(timeout_s=timeout_s)
                worker.send("first")
            for name, worker in workers.items():
                worker.receive(timeout_s=timeout_s)
                file = inputs.folder / "reference.npy"
                worker.ask("keep", photo=name, path=str(file), timeout_s=timeout_s)
                _store(load_output(file), paths[name])


def _store(output: Image, path: Path) -> None:
    folders.writable_cache_folder("references")
    with written_whole(path) as part, part.open("wb") as file:
        np.savez(file, picture=output)
