"""Further tests of the matting case: a damaged portrait, a killed batch, the quality of mattes, three presets."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from toolkit.contracts.apply import apply
from toolkit.contracts.operation import OPERATIONS
from toolkit.core.child_process import module_command, module_environment
from toolkit.core.errors import AtelierError
from toolkit.images.image import load, save
from toolkit.images.matte_quality import matte_quality
from toolkit.images.photos import mattes_beside
from toolkit.studies.cases import matting_procedures
from toolkit.studies.cases.matting_procedures import batch_of, files_of, model_of
from toolkit.studies.cases.portraits import portraits_in
from toolkit.studies.cases.procedure import Settings

PRESETS = ("id_photo", "product", "avatar")
_WAIT_S = 60.0
_MOST_JUDGED = 4


def damaged_picture(settings: Settings) -> dict[str, Any]:
    """Count the results of a plain loop and of `batch` on a folder whose middle portrait is a truncated file."""
    with tempfile.TemporaryDirectory(prefix="atelier-damaged-") as temporary:
        source = Path(temporary, "source")
        shutil.copytree(settings["folder"], source)
        files = sorted(source.glob("*.jpg"))
        middle = files[len(files) // 2]
        middle.write_bytes(middle.read_bytes()[:200])
        loop, error = Path(temporary, "loop"), ""
        loop.mkdir()
        with model_of(settings).opened() as kernel:
            try:
                for file in files:
                    matting_procedures.draw_one(file, loop, kernel, defaultdict(float))
            except AtelierError as stopped:
                error = type(stopped).__name__
        loop_done = len([*loop.glob("*.png")])
        summary = batch_of(settings, Path(temporary, "batch"), source=str(source))
    return {
        "portraits": len(files),
        "loop_done": loop_done,
        "loop_error": error,
        "batch_done": summary.done,
        "batch_failed": summary.failed,
    }


def kill(settings: Settings) -> dict[str, Any]:
    """Kill ``atelier batch`` after a third of its results, run the command again, and count the later results."""
    enough = max(1, settings["count"] // 3)
    with tempfile.TemporaryDirectory(prefix="atelier-killed-") as temporary:
        out = Path(temporary, "out")
        command = module_command(
            "toolkit", "batch", "matting", settings["folder"], str(out), "--format", "png"
        )
        model = model_of(settings)
        command += ["--backend", model.backend, "--model", settings["model"], "--output", "cutout"]
        command += ["--weights", "untrained"] if model.is_untrained else []
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=module_environment()
        )
        until = time.monotonic() + _WAIT_S
        while process.poll() is None and time.monotonic() < until and len([*out.glob("*.png")]) < enough:
            time.sleep(0.01)
        was_running = process.poll() is None
        process.kill()
        process.wait()
        kept = {file.name: file.stat().st_mtime_ns for file in out.glob("*.png")}
        summary = batch_of(settings, out)
        untouched = sum((out / name).stat().st_mtime_ns == made for name, made in kept.items())
    return {
        "was_running": was_running,
        "kept": len(kept),
        "untouched": untouched,
        "made_after": summary.n_now,
        "done": summary.done,
        "portraits": summary.total,
    }


def quality(settings: Settings) -> dict[str, Any]:
    """Errors of the mattes of portraits that have a ground-truth matte in their folder, at the portraits' own size."""
    found = []
    for file in portraits_in(settings["portraits"]):
        beside = mattes_beside(file)
        if len(beside) == 1 and len(found) < _MOST_JUDGED:
            with model_of(settings, output="alpha").opened() as kernel:
                truth = load(beside[0])[..., :1]
                found.append(matte_quality(kernel(load(file))[..., 0], truth[..., 0]))
    if not found:
        return {"portraits": 0}
    return {
        "portraits": len(found),
        **{name: sum(one[name] for one in found) / len(found) for name in found[0]},
    }


def presets(settings: Settings) -> dict[str, Any]:
    """Seconds and bytes of the first portrait's result with each of the article's presets, in the preset's format."""
    image, found = load(files_of(settings)[0]), {}
    with tempfile.TemporaryDirectory(prefix="atelier-presets-") as temporary:
        for name in PRESETS:
            began = time.perf_counter()
            picture = apply_preset(settings, image, name)
            seconds = time.perf_counter() - began
            suffix = ".png" if picture.shape[2] == 4 else ".jpg"
            file = save(picture, Path(temporary, f"{name}{suffix}"))
            found[name] = {
                "options": dict(OPERATIONS["matting"].presets[name]),
                "seconds": seconds,
                "format": suffix[1:].upper(),
                "size_bytes": file.stat().st_size,
            }
    return found


def apply_preset(settings: Settings, image: Any, name: str) -> Any:
    """Run ``matting`` with one of its presets on a portrait."""
    model = model_of(settings)
    given = {"weights": "untrained"} if model.is_untrained else {}
    return apply("matting", image, backend=model.backend, model=settings["model"], preset=name, **given)
