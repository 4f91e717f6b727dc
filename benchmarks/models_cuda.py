"""The models on a GPU, compared with fp32 on the processor.

Run: ``python -m benchmarks.models_cuda [FOLDER]``; ``make bench-models`` runs it too, where there is a GPU. Times and
agreement come from the toolkit's own measurement: fresh processes in turns, synchronised. This program times kernels
and copies separately. Without a GPU the same work runs on the processor with tiny pictures, to show that it runs. All
weights are untrained, because only arithmetic is compared.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.call_times import by_the_clock_s, on_gpu_s
from benchmarks.models_speed import in_turns
from toolkit.contracts.backend import BACKENDS, Placement
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.loaded_network import opener
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.operation import OPERATIONS
from toolkit.contracts.trial import Trial
from toolkit.core.errors import Unavailable
from toolkit.core.params import Value
from toolkit.images.photos import photo

Way = tuple[str, dict[str, Value]]  # precision, options

LAST: dict[str, Value] = {"channels_last": True}
COMPILED: dict[str, Value] = {**LAST, "compile": True}
GRAPHS: dict[str, Value] = {**LAST, "cuda_graphs": True}
ALL: dict[str, Value] = {**COMPILED, "cuda_graphs": True}
WAYS: tuple[Way, ...] = (
    ("fp32", {}),
    ("fp32", ALL),
    ("bf16", {}),
    ("bf16", LAST),
    ("bf16", GRAPHS),
    ("bf16", COMPILED),
    ("bf16", ALL),
    ("fp16", ALL),
)
FEW: tuple[Way, ...] = (("fp32", {}), ("bf16", LAST), ("bf16", ALL))
PHOTOS = ("astronaut", "coffee")
CARD = "name,driver_version,clocks.sm,clocks.max.sm,clocks.mem,temperature.gpu,clocks_event_reasons.active"


@dataclass(frozen=True)
class Question:
    """One table.

    Attributes
    ----------
    title, operation : str
    params : dict
    size : (width, height)
        Of the input, px.
    batch : int
        Pictures per call.
    ways : tuple
        Configurations: the table's rows.
    aim_ms, aim_per_s : float, optional
        Aim for the fastest row: time of a call in ms, or pictures per second.
    """

    title: str
    operation: str
    params: dict[str, Value]
    size: tuple[int, int]
    batch: int = 1
    ways: tuple[Way, ...] = FEW
    aim_ms: float | None = None
    aim_per_s: float | None = None


QUESTIONS = (
    Question("EDSR x3", "edsr", {"scale": 3}, (480, 320), ways=WAYS, aim_ms=40),
    Question("AnimeGANv2", "anime", {"style": "face_paint_512_v2"}, (512, 512), 16, WAYS, aim_per_s=500),
    Question("CARN-M x3", "carn_m", {"scale": 3}, (480, 320), 16),
    Question("FSRCNN x3", "fsrcnn", {"scale": 3}, (480, 320), 16),
    Question("U-Net matting, 1080p", "matting", {"model": "unet", "output": "alpha"}, (1920, 1080), 16),
)


class Page:
    """Prints tables, and keeps them as Markdown and as JSON."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._lines, self._started = folder, ["# Models on CUDA"], time.monotonic()
        self.rows: list[dict[str, object]] = []
        folder.mkdir(parents=True, exist_ok=True)

    def say(self, text: str) -> None:
        print(text, flush=True)
        self._lines += ["", text]

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        print(f"\n{title}   [{time.monotonic() - self._started:.0f} s]", flush=True)
        self._lines += [
            "",
            f"## {title}",
            "",
            f"| {' | '.join(columns)} |",
            "|---|" + "---:|" * (len(columns) - 1),
        ]
        print(columns[0].ljust(44), *(column.rjust(11) for column in columns[1:]), flush=True)
        for row in rows:
            print(row[0].ljust(44), *(cell.rjust(11) for cell in row[1:]), flush=True)
            self._lines.append(f"| {' | '.join(row)} |")
        self.write()

    def write(self) -> None:
        """Write everything so far, so that an interrupted run leaves its results."""
        (self._folder / "models_cuda.md").write_text("\n".join([*self._lines, ""]), encoding="utf-8")
        (self._folder / "models_cuda.json").write_text(json.dumps(self.rows, indent=1), encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.models_cuda", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path("reports/models"), help="folder for the results"
    )
    parser.add_argument("--only", default="", help="operations to measure, separated by commas")
    parser.add_argument("--blocks", type=int, default=2, help="number of fresh processes for each row")
    parser.add_argument("--seconds", type=float, default=0.7, help="how long each process is timed")
    asked = parser.parse_args(arguments)
    page = Page(asked.folder)
    device = "cuda"
    try:
        with BACKENDS["torch"].session(Placement(device="cuda")):
            page.say(f"GPU: {card()}")
    except Unavailable as error:
        device = "cpu"
        page.say(f"No GPU, so tiny pictures on the processor only show that it runs: {error}")
    chosen = [q for q in QUESTIONS if not asked.only or q.operation in asked.only.split(",")]
    missed: list[str] = []
    for question in chosen if device == "cuda" else [tiny(q) for q in chosen if q.operation != "edsr"]:
        missed += compare(page, question, device, blocks=asked.blocks, seconds=asked.seconds)
        if device == "cuda":
            page.say(f"GPU: {card()}")
            if question.operation in ("edsr", "anime"):
                split(page, question)
    page.say("\n".join(f"MISSED: {sentence}" for sentence in missed) or "Every row that ran agrees.")
    page.write()
    return 1 if missed else 0


def tiny(question: Question) -> Question:
    return replace(
        question, size=(64, 48), batch=2, ways=(("fp32", {}), ("bf16", LAST)), aim_ms=None, aim_per_s=None
    )


def card() -> str:
    """Name, driver, current and maximum clocks, temperature, reasons for reduced clocks, as nvidia-smi gives them."""
    command = ["nvidia-smi", f"--query-gpu={CARD}", "--format=csv,noheader"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout.strip()
    except (OSError, subprocess.SubprocessError) as error:
        return f"nvidia-smi failed ({error})"


def compare(page: Page, question: Question, device: str, *, blocks: int, seconds: float) -> list[str]:
    """Print one table and whether its fastest row reaches the aim; returns a sentence for each failed row."""
    width, height = question.size
    trials = [trial_of(question, way, device) for way in question.ways]
    measurements = in_turns(trials, blocks=blocks, seconds=seconds)
    page.rows += [m.to_dict() for m in measurements]
    page.table(
        f"{question.title} (untrained), {width} x {height} px, {question.batch} pictures per call, device {device}",
        ["configuration", "ms a call", "spread", "pictures/s", "first s", "max level", "PSNR dB", "GPU GB"],
        (cells(m, question.batch) for m in measurements),
    )
    for m in measurements:
        if not m.is_ok:
            page.say(f"{label(m.trial)} {m.status}: {m.note}")
    times = [median_s(m) for m in measurements if m.is_ok]
    best_s = min(times, default=float("inf"))
    if question.aim_ms:
        is_reached = 1e3 * best_s <= question.aim_ms
        aim(page, f"{question.title} at most {question.aim_ms:g} ms", f"{1e3 * best_s:.1f} ms", is_reached)
    if question.aim_per_s:
        rate = question.batch / best_s
        wanted = f"{question.title} at least {question.aim_per_s:g} pictures/s"
        aim(page, wanted, f"{rate:.0f}", rate >= question.aim_per_s)
    return [f"{question.title} {label(m.trial)} is failed: {m.note}" for m in measurements if m.is_failed]


def aim(page: Page, wanted: str, found: str, is_reached: bool) -> None:
    page.say(f"Aim: {wanted}; {found}: {'reached' if is_reached else 'NOT reached'}.")


def trial_of(question: Question, way: Way, device: str) -> Trial:
    precision, options = way
    return make_trial(
        question.operation,
        "torch",
        params={**question.params, "weights": "untrained"},
        options=options,
        device=device,
        precision=precision,
        threads=2,
        images=PHOTOS[: min(question.batch, 2)],
        size=question.size,
        batch=question.batch,
    )


def label(trial: Trial) -> str:
    return " ".join([trial.placement.precision, *(name for name, _ in trial.placement.options)])


def median_s(m: Measurement) -> float:
    return statistics.median(statistics.median(samples) for samples in m.samples_s)


def cells(m: Measurement, batch: int) -> list[str]:
    if not m.samples_s:
        return [label(m.trial), m.status, *["-"] * 6]
    every = sorted(1e3 * sample for samples in m.samples_s for sample in samples)
    firsts = [run.stages_s["first"] for block in m.blocks for run in block.workers]
    peaks = [int(run.observed.get("gpu_peak_bytes", 0)) for block in m.blocks for run in block.workers]
    found = m.agreement
    return [
        label(m.trial) + ("" if m.is_ok else f" ({m.cause})"),
        f"{1e3 * median_s(m):.2f}",
        f"{every[len(every) // 10]:.2f}-{every[-1 - len(every) // 10]:.2f}",
        f"{batch / median_s(m):.1f}",
        f"{max(firsts):.1f}",
        "-" if found is None else str(found.max_abs),
        "-" if found is None else "same" if found.psnr_db is None else f"{found.psnr_db:.1f}",
        f"{max(peaks) / 1e9:.2f}" if max(peaks) else "-",
    ]


def split(page: Page, question: Question) -> None:
    """Print the times of kernels, copies, and whole calls from memory to memory, for several batch sizes."""
    import torch

    placement = Placement(device="cuda", threads=2, precision="bf16", options=tuple(sorted(ALL.items())))
    op, backend = OPERATIONS[question.operation], BACKENDS["torch"]
    network = op.network_of(op.resolve({**question.params, "weights": "untrained"}))
    assert network is not None
    width, height = question.size
    image = np.ascontiguousarray(photo(PHOTOS[0])[:height, :width])
    assert image.shape[:2] == (height, width)

    def rows() -> Iterator[list[str]]:
        with backend.session(placement) as runtime, torch.inference_mode():
            pictures = runtime.load(opener(network, backend, "bf16", reload=False)()).pictures
            for batch in sorted({1, question.batch, 2 * question.batch}):
                images = [image] * batch
                levels = torch.from_numpy(np.stack(images)).pin_memory()
                on_card = levels.cuda()
                made = pictures.run(on_card)
                back = torch.empty(made.shape, dtype=made.dtype, pin_memory=True)
                parts: list[Callable[[], object]] = [
                    lambda on_card=on_card: pictures.run(on_card),
                    lambda on_card=on_card, levels=levels: on_card.copy_(levels, non_blocking=True),
                    lambda back=back, made=made: back.copy_(made, non_blocking=True),
                ]
                kernels_s, in_s, out_s = (on_gpu_s(torch, part) for part in parts)
                whole_s = by_the_clock_s(lambda images=images: pictures(images))
                page.rows.append(
                    {"split": question.title, "batch": batch, "kernels_s": kernels_s, "copy_in_s": in_s,
                     "copy_out_s": out_s, "whole_s": whole_s}
                )  # fmt: skip
                times = [f"{1e3 * seconds:.2f}" for seconds in (kernels_s, in_s, out_s, whole_s)]
                yield [f"{batch} a call", *times, f"{batch / kernels_s:.0f}", f"{batch / whole_s:.0f}"]

    page.table(
        f"{question.title}, bf16 with all options: parts of a call, ms",
        ["batch", "kernels", "copy in", "copy out", "whole", "kernels /s", "whole /s"],
        rows(),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
