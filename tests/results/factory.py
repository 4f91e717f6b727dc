"""Synthetic Measurements with plausible numbers: real dataclasses, a planted latency for each process."""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import accumulate

from toolkit.contracts.backend import Placement
from toolkit.contracts.measurement import Agreement, Block, Measurement, WorkerRun
from toolkit.contracts.trial import Trial
from toolkit.images.photos import size_for
from toolkit.machine.memory import Memory

MACHINE = {
    "cpu": {
        "model": "Example CPU",
        "flags": ["avx2"],
        "logical": 4,
        "allowed": 2,
        "quota": None,
        "physical_allowed": 2,
    },
    "memory": {"total_bytes": 16 * 2**30, "limit_bytes": None, "swap_bytes": 0},
    "gpu": [],
    "system": {"name": "Debian GNU/Linux 12", "kernel": "6.1"},
    "python": "3.11.9",
    "runtimes": {"numpy": "2.4.6", "opencv-contrib-python": "5.0.0.93"},
    "probes": {"steal": "present", "energy": "absent"},
}
OTHER_MACHINE = {**MACHINE, "cpu": {**MACHINE["cpu"], "model": "Another CPU"}}
PER_MP_S = {"stylization": 0.60, "pencil_sketch": 0.35, "oil_painting": 0.95, "color_pencil": 0.42}
TOO_LARGE = "stylization of opencv is wrong above 5.6 MP: an index is kept in float32."


def make_trial(operation: str = "stylization", **changes: object) -> Trial:
    megapixels = changes.pop("megapixels", 1.0)
    width, height = size_for(float(str(megapixels)))
    placement = Placement(threads=int(str(changes.pop("threads", 1))))
    given = {"backend": "opencv", "placement": placement, "width": width, "height": height, **changes}
    return Trial(operation=operation, **given)


def make_block(
    latency_s: float,
    *,
    workers: int = 1,
    calls: int = 6,
    number: int = 0,
    jitter: float = 0.01,
    seed: int = 0,
) -> Block:
    rng = random.Random(seed * 1000 + number)
    process = latency_s * rng.gauss(1.0, jitter)
    runs = []
    for worker in range(workers):
        start, starts, samples = 100.0 + 0.01 * worker, [], []
        for _ in range(calls):
            took = process * rng.gauss(1.0, jitter / 2)
            starts.append(start)
            samples.append(took)
            start += took + 1e-5
        stages = {"spawn": 0.08, "import": 0.21, "photos": 0.05, "load": 0.0004, "first": 1.3 * latency_s}
        run = WorkerRun(
            stages_s=stages,
            starts_s=tuple(starts),
            samples_s=tuple(samples),
            cpu_s=sum(samples),
            observed={"threads": 1, "device": "cpu"},
            outputs={"astronaut": ["ab12"]},
        )
        runs.append(run)
    return Block(round=number, started=f"2026-11-20T10:0{number}:00+00:00", workers=tuple(runs))


def make_measurement(
    operation: str = "stylization",
    *,
    latency_s: float | None = None,
    blocks: int = 3,
    status: str = "ok",
    cause: str = "",
    note: str = "",
    suspect: tuple[str, ...] = (),
    psnr_db: float | None = None,
    max_abs: int = 0,
    quality: Mapping[str, float] | None = None,
    fingerprint: Mapping[str, object] = MACHINE,
    environment_id: str = "e0",
    seed: int = 0,
    jitter: float = 0.01,
    calls: int = 6,
    **trial: object,
) -> Measurement:
    asked = make_trial(operation, **trial)
    megapixels, threads, workers = asked.megapixels, asked.placement.threads, asked.workers
    if latency_s is None:
        contention = 1.0 + 0.12 * (workers - 1) + 0.25 * max(0, workers * threads - 2)
        latency_s = PER_MP_S.get(operation, 0.5) * megapixels**1.04 / threads**0.7 * contention
    noise = zlib.crc32(str(asked).encode()) % 100_000
    taken = tuple(
        make_block(latency_s, workers=workers, calls=calls, number=number, seed=seed + noise, jitter=jitter)
        for number in range(0 if status == "skipped" else blocks)
    )
    if suspect and taken:
        first = taken[0]
        noisy = Block(round=first.round, started=first.started, workers=first.workers, suspect=suspect)
        taken = (noisy, *taken[1:])
    peak = int((120 + (30 + len(operation)) * megapixels) * 2**20 * workers)
    return Measurement(
        trial=asked,
        status=status,
        cause=cause,
        note=note,
        blocks=taken,
        memory=None
        if status == "skipped"
        else Memory(pss_peak_bytes=peak, rss_peak_bytes=peak, idle_bytes=peak // 3, processes=workers),
        agreement=None
        if status == "skipped"
        else Agreement(
            agrees=status == "ok",
            max_abs=max_abs,
            mean_abs=max_abs / 100,
            beyond_share=0.0,
            psnr_db=psnr_db,
            ssim=1.0 if psnr_db is None else 0.998,
            reference="opencv",
        ),
        quality=quality or {},
        input_note="mirror-tiled" if megapixels > 1 else "",
        environment_id=environment_id,
        fingerprint=dict(fingerprint),
        provenance={"commit": "0123abc", "time": "2026-11-20T10:00:00+00:00"},
    )


def too_large(megapixels: float = 12.2, **changes: object) -> Measurement:
    """A stylization beyond its backend's size limit: timed, and failed."""
    return make_measurement(
        megapixels=megapixels, status="failed", cause="wrong size", note=TOO_LARGE, max_abs=201, **changes
    )


def four_styles(
    megapixels: tuple[float, ...] = (0.5, 1, 2, 4, 12.2), workers: tuple[int, ...] = (1, 2), threads=(1,)
):
    """The main job: every style at every size and number of workers."""
    found = []
    for operation in PER_MP_S:
        for size in megapixels:
            for count in workers:
                for thread in threads:
                    where = {"megapixels": size, "workers": count, "threads": thread}
                    wrong = operation == "stylization" and size > 5.6
                    found.append(too_large(**where) if wrong else make_measurement(operation, **where))
    return found


def line_of(table, *words):
    """The one row, between the two rules, that holds all the words."""
    body = re.split("─{40,}", table.text())[1]
    lines = [line for line in body.splitlines() if all(word in line for word in words)]
    assert len(lines) == 1, lines
    return lines[0]


def timed(measurement: Measurement, samples_s: list[float]) -> Measurement:
    """The same with these samples in every process, each process a little slower than the one before."""
    blocks = tuple(
        replace(
            block,
            workers=tuple(
                replace(
                    run,
                    starts_s=tuple(accumulate(samples_s, initial=100.0))[:-1],
                    samples_s=tuple(s * (1 + 0.001 * number) for s in samples_s),
                )
                for run in block.workers
            ),
        )
        for number, block in enumerate(measurement.blocks)
    )
    return replace(measurement, blocks=blocks)


def later(measurement: Measurement, **by: float) -> Measurement:
    """The same measurement with all blocks started later."""

    def moved(started: str) -> str:
        return (datetime.fromisoformat(started) + timedelta(**by)).isoformat(timespec="milliseconds")

    return replace(
        measurement, blocks=tuple(replace(b, started=moved(b.started)) for b in measurement.blocks)
    )


def body_of(table):
    return [line for line in re.split("─{40,}", table.text())[1].splitlines() if line.strip()]
