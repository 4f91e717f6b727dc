"""Compute the reference outputs of trials, each once and in a separate process, and store them in the cache."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from toolkit.bench.crops import Crop, scale_of, together
from toolkit.bench.inputs import Inputs, load_output
from toolkit.contracts.backend import Placement, backend_named
from toolkit.contracts.identity import source_id
from toolkit.contracts.loaded_network import form_of, source_of
from toolkit.contracts.outcome import Cause
from toolkit.contracts.trial import Trial
from toolkit.contracts.trial_keys import USUAL_EXECUTOR
from toolkit.core import folders
from toolkit.core.errors import Unavailable
from toolkit.core.files import written_whole
from toolkit.images.image import Image
from toolkit.machine.hardware import allowed_cpus
from toolkit.models import network_files
from toolkit.workers.crew import Crew
from toolkit.workers.process import WorkerFailed

_log = logging.getLogger(__name__)

# Largest side of a reference's tiles, px; a reference that would need larger tiles is computed without tiles.
_LARGEST_TILE_PX = 8192
# Side of a reference's tiles, px, if a whole picture needs too much memory (CARN-M x4 needs 10 kB a pixel).
_SPARING_TILE_PX = 256
# Above this input size, references are computed one by one: in float64 each needs about 170 bytes per pixel.
_SIDE_BY_SIDE_MP = 8.0


def reference_trial(trial: Trial) -> Trial:
    """The trial, moved to the operation's reference backend, whose output is right by definition.

    Tiles of a network are twice as wide and high as in `trial`. Half of the edges between the tiles of `trial` then lie
    inside a tile of the reference, so that errors at these edges are found.
    """
    tile = 2 * int(dict(trial.way_params).get("tile", 0))
    tiles = (("tile", tile),) if 0 < tile <= _LARGEST_TILE_PX else ()
    return trial.with_(
        params=(*trial.picture_params, *tiles),
        backend=trial.reference,
        placement=Placement(threads=allowed_cpus()),
        batch=1,
        workers=1,
        executor=USUAL_EXECUTOR,
    )


def prepare_exports(trial: Trial) -> None:
    """Make the files that the trial's workers will open, so that the time of an export is not measured.

    Raises
    ------
    Unavailable, InvalidValue, TrialFailed
        The file of a network cannot be made, for a reason that `toolkit.models.onnx_files.onnx_file` gives.
    """
    for part in trial.parts:
        network = part.network
        if network is None or part.backend.entry in part.op.kernels:
            continue
        found = form_of(network, part.backend, part.placement.precision)
        if found is not None and found[1] != "torch":
            source_of(*found, part.placement.precision)
        elif network.is_trained:
            network_files.checkpoint(network)  # raises Unavailable if weights are missing


def references(
    trial: Trial, photos: Sequence[str], inputs: Inputs, *, timeout_s: float, crops: Sequence[Crop] = ()
) -> dict[str, Image] | None:
    """The reference output of a trial for each photo, from the cache; missing reference outputs are computed.

    Parameters
    ----------
    crops : sequence of Crop
        Crops whose reference is computed, each with its halo; the results are stacked one below the other. Without
        crops, the reference of the whole picture is computed.

    Returns
    -------
    dict of photo to ndarray, or None
        The reference outputs; None if the reference backend gives a wrong output at this size, or is not installed.

    Raises
    ------
    WorkerFailed
        The process that computes a reference failed, or one picture took longer than `timeout_s`.
    Unavailable
        The process that computes a network's reference died, even with tiles if the network can run in tiles; the
        memory is probably too small.
    """
    asked = reference_trial(trial)
    if asked.wrong_size or not asked.runtime.is_installed():
        return None
    where = [dataclasses.astuple(crop) for crop in crops]
    paths = {name: _path(asked, inputs.hash(asked, name), where) for name in photos}
    found = {name: _read(paths[name]) for name in photos}
    missing = [name for name in photos if found[name] is None]
    if missing:
        make = _make_one_by_one if any(part.op.network is not None for part in asked.parts) else _make
        try:
            if crops:
                for name in missing:
                    _make_crops(asked, name, crops, paths, inputs, timeout_s)
            else:
                make(asked.with_(images=tuple(missing)), paths, inputs, timeout_s)
        except WorkerFailed as error:
            said = f"could not compute the reference output on backend {asked.backend}: {error}"
            raise WorkerFailed(said, error.cause) from error
    found |= {name: _read(paths[name]) for name in missing}
    return {name: picture for name, picture in found.items() if picture is not None}


def _path(trial: Trial, input_hash: str, crops: Sequence[object]) -> Path:
    # OpenCV converts pictures before and after every network, and runs most operations that precede the main
    # operation, so the name of the file in the cache depends on OpenCV's version, too.
    versions = [backend_named(name).version() for name in (trial.backend, "opencv")]
    asked = [
        trial.operation,
        trial.params,
        trial.steps,
        trial.backend,
        versions,
        input_hash,
        source_id(trial),
        *crops,
    ]
    digest = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:24]
    return folders.kept_file("references", f"{trial.operation}-{digest}.npz")


def _read(path: Path) -> Image | None:
    """A reference output read from the cache; None if there is no file, or if the file is truncated."""
    try:
        with path.open("rb") as file:
            picture: Image = np.load(file)["picture"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return picture


def _make_one_by_one(trial: Trial, paths: dict[str, Path], inputs: Inputs, timeout_s: float) -> None:
    """Compute a network's references one by one, as each needs much memory; in tiles if memory runs out."""
    network = trial.placed.network
    can_be_tiled = network is not None and network.halo is not None and "tile" not in dict(trial.params)
    for photo in trial.images:
        one = trial.with_(images=(photo,))
        try:
            _make(one, paths, inputs, timeout_s)
        except WorkerFailed as error:
            if error.cause is not Cause.DIED:
                raise
            if not can_be_tiled:
                said = (
                    f"could not compute the reference output of {trial.operation} on {trial.backend}: {error}"
                )
                raise Unavailable(said) from error
            tiled = one.with_(params=(*trial.params, ("tile", _SPARING_TILE_PX)))
            _make_one_by_one(tiled, paths, inputs, timeout_s)


def _make(trial: Trial, paths: dict[str, Path], inputs: Inputs, timeout_s: float) -> None:
    """Compute reference outputs, each in its own worker; the workers for small pictures run in parallel."""
    at_once = allowed_cpus() if trial.megapixels <= _SIDE_BY_SIDE_MP else 1
    file = inputs.folder / "reference.npy"
    for start in range(0, len(trial.images), at_once):
        photos = trial.images[start : start + at_once]
        some = trial.with_(images=photos, workers=len(photos))
        with Crew(some, timeout_s=timeout_s) as crew:
            crew.open(inputs.paths(some), is_shared=False)
            crew.first()
            for worker, photo in enumerate(photos):
                crew.keep(file, worker=worker, photo=photo)
                _keep(load_output(file), photo, paths, inputs)


def _make_crops(
    trial: Trial, photo: str, crops: Sequence[Crop], paths: dict[str, Path], inputs: Inputs, timeout_s: float
) -> None:
    """Compute the reference outputs for crops of one photo in one worker, with one call for each crop."""
    whole = np.load(dict(inputs.paths(trial))[photo], mmap_mode="r")
    files = [(str(number), inputs.folder / f"crop-{number}.npy") for number in range(len(crops))]
    output = inputs.folder / "reference.npy"
    parts = []
    for crop, (_, file) in zip(crops, files, strict=True):
        np.save(file, crop.read(whole))
    with Crew(trial.with_(images=tuple(name for name, _ in files)), timeout_s=timeout_s) as crew:
        crew.open([(name, str(file)) for name, file in files])
        crew.first()
        crew.steady(seconds=0.0, least=len(crops) - 1, most=len(crops) - 1)
        for crop, (name, file) in zip(crops, files, strict=True):
            crew.keep(output, worker=0, photo=name)
            parts.append(crop.kept(load_output(output), scale=scale_of(trial)))
            file.unlink()
    _keep(together(parts), photo, paths, inputs)


def _keep(output: Image, photo: str, paths: dict[str, Path], inputs: Inputs) -> None:
    """Store a reference output in the cache; if the disk is full, keep the output for this sweep alone."""
    try:
        with written_whole(paths[photo]) as part, part.open("wb") as cached:
            np.savez(cached, picture=output)
    except OSError as error:  # for example, the disk of the cache is full
        _log.warning("could not store the reference output %s in the cache: %s", paths[photo], error.strerror)
        paths[photo] = inputs.folder / paths[photo].name
        np.savez(paths[photo], picture=output)
