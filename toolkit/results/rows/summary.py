"""The numbers of one Measurement as a row, which tables, plots and sentences use."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from toolkit.analysis.stats import Estimate
from toolkit.analysis.steady import Steady
from toolkit.contracts.measurement import STAGES, Measurement
from toolkit.contracts.trial import Trial
from toolkit.results.rows.settings import setting_parts

ONCE = STAGES[1:]
"""Stages that a process runs once, before its second picture, without the start of the interpreter."""
UNTRAINED = "untrained"

RowKey = tuple[str, str, int]
"""Key of a measurement, hash of its machine, and a counter for measurements with equal key and hash."""


class Series(NamedTuple):
    """The settings of rows that differ only in picture size."""

    operation: str
    backend: str
    settings: str
    threads: int
    workers: int
    environment: str

    @property
    def name(self) -> str:
        """The operation and the backend: ``operation@backend``."""
        return f"{self.operation}@{self.backend}"


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The numbers of one Measurement.

    Attributes
    ----------
    key : tuple
        A key that differs between all rows of one call of `summarise`.
    measurement : Measurement
        The measurement that is summarised.
    environment : str
        Short hash of the machine, after the name of a cluster's machine; see `toolkit.contracts.identity`.
    latency : Estimate
        Seconds per call, over blocks, without the warm-up; NaN if no call was timed.
    steady : Steady
        Length of the warm-up, the same for all processes.
    throughput : Estimate
        Images/s of all workers together, over blocks.
    efficiency : Estimate or None
        Throughput divided by the throughput of one worker and by the number of workers; None if no measurement of one
        worker with a right picture was made in turns with this measurement.
    stages_s : mapping
        Median over processes of each stage of `STAGES`, seconds.
    pipeline_s : mapping
        Median over processes of each stage of `PIPELINE` for one picture, seconds; empty if the stages were not timed.
    busy_cores : float or None
        CPU seconds of all workers for each second in which all of them worked; None if there was no such second.
    """

    key: RowKey
    measurement: Measurement
    environment: str
    latency: Estimate
    steady: Steady
    throughput: Estimate
    efficiency: Estimate | None
    stages_s: Mapping[str, float]
    pipeline_s: Mapping[str, float]
    busy_cores: float | None

    @property
    def trial(self) -> Trial:
        """The trial that was measured."""
        return self.measurement.trial

    @property
    def is_ok(self) -> bool:
        """Whether the picture was right, so that the time is used in comparisons."""
        return self.measurement.is_ok

    @property
    def is_failed(self) -> bool:
        """Whether the picture was wrong, so that the time is not used in comparisons."""
        return self.measurement.is_failed

    @property
    def is_timed(self) -> bool:
        """Whether the measurement has a latency."""
        return math.isfinite(self.latency.value)

    @property
    def is_untrained(self) -> bool:
        """Whether the network's weights are random numbers, made from a seed."""
        return self.trial.is_untrained

    @property
    def name(self) -> str:
        """The operation and the backend: ``operation@backend``."""
        return f"{self.trial.operation}@{self.trial.backend}"

    @property
    def setting_parts(self) -> tuple[str, ...]:
        """The settings of the row as texts, with ``untrained`` as the first text if the weights are untrained.

        ``untrained`` stands first, so that every table, legend and sentence that names the row shows this word.
        """
        parts = setting_parts(self.trial)
        return (UNTRAINED, *parts) if self.is_untrained else parts

    @property
    def settings(self) -> str:
        """The settings that differ from the defaults, as one text; often empty."""
        return " ".join(self.setting_parts)

    @property
    def settings_of_job(self) -> str:
        """The settings that differ from the defaults, without the executor, as one text."""
        return " ".join(part for part in self.setting_parts if not part.startswith("executor="))

    @property
    def label(self) -> str:
        """The label of the row: ``operation@backend`` and the settings."""
        return f"{self.name} {self.settings}".strip()

    @property
    def precision(self) -> str:
        """Precision of the network's arithmetic, such as ``int8``; ``fp32`` for a filter."""
        return self.trial.placement.precision

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the input, px."""
        return self.trial.width, self.trial.height

    @property
    def series(self) -> Series:
        """The settings of the row without the picture size; a chart against picture size has a line for each series."""
        trial = self.trial
        key = (trial.operation, trial.backend, self.settings, trial.placement.threads, trial.workers)
        return Series(*key, self.environment)

    @property
    def group(self) -> tuple[object, ...]:
        """A value that is equal for comparable rows: same operation, parameters, pictures, batch size and machine."""
        trial = self.trial
        what = (self.environment, trial.operation, trial.picture_params, trial.steps)
        return (*what, trial.images, trial.width, trial.height, trial.batch)

    @property
    def picture(self) -> Estimate:
        """Seconds per picture: the latency of a call divided by its number of pictures."""
        return self.latency.scaled(1 / self.trial.batch)

    @property
    def megapixels_per_s(self) -> float:
        """Throughput in input megapixels per second."""
        return self.throughput.value * self.trial.megapixels

    @property
    def end_to_end_s(self) -> float:
        """Seconds from input file to output file of one picture: the sum of its stages; 0 if they were not timed."""
        return sum(self.pipeline_s.values())

    @property
    def infer_share(self) -> float:
        """Share of stage infer (the network itself) in a picture's time, 0..1; NaN if stages were not timed."""
        return self.pipeline_s.get("infer", 0.0) / self.end_to_end_s if self.pipeline_s else math.nan

    @property
    def peak_bytes(self) -> int | None:
        """Peak memory of the whole process tree: the sum of PSS where the system reports it, else of RSS."""
        memory = self.measurement.memory
        if memory is None:
            return None
        return memory.pss_peak_bytes if memory.pss_peak_bytes is not None else memory.rss_peak_bytes

    @property
    def observed(self) -> Mapping[str, Any]:
        """Threads, device and settings that runtime and operating system reported in the last process; may be empty."""
        return self.measurement.blocks[-1].workers[-1].observed if self.measurement.blocks else {}

    @property
    def warm_first_s(self) -> float | None:
        """Median first call of processes that found a filled compilation cache, s; None without such processes."""
        runs = [run for block in self.measurement.blocks for run in block.workers]
        taken = [run.stages_s["first"] for run in runs if run.observed.get("cache") == "warm"]
        return statistics.median(taken) if taken else None

    @property
    def compile_s(self) -> float | None:
        """The first call minus a steady call, s: the time of compiling and of other work that is done only once.

        If the backend keeps a cache on disk, the first call with an empty cache is used. Many runtimes compile inside
        the first call, so this difference is the only available measure of compilation.
        """
        cold_s = self.measurement.cold_first_s
        first_s = self.stages_s.get("first") if cold_s is None else cold_s
        return None if first_s is None or not self.is_timed else max(0.0, first_s - self.latency.value)
