"""Judge the timed outputs of a trial: agreement with the reference, and quality against the ground truth."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.bench import agreement, crops, ground_truth
from toolkit.bench.inputs import Inputs
from toolkit.bench.references import references
from toolkit.contracts import content, identity, tolerance
from toolkit.contracts.measurement import Agreement, Measurement
from toolkit.contracts.operation import Operation
from toolkit.contracts.outcome import Cause
from toolkit.contracts.trial import Trial
from toolkit.images.image import Image

# Share of half transparent pixels (alpha 10 to 90 %) from which on a matte probably shows no person. Measured mattes of
# portraits had shares of 0.02 to 0.19; mattes of a photo of a coffee cup had shares of 0.26 to 0.61.
_UNSURE_SHARE = 0.25

_BY_PHOTO = "quality_by_photo"

_RULES = (Path(__file__), *(Path(str(module.__file__)) for module in (agreement, content, crops, tolerance)))
_RULES_OF_TASKS = (Path(str(ground_truth.__file__)),)


def question_id(trial: Trial, machine: Mapping[str, Any]) -> str:
    """Hash of the environment of `trial` and of the code that judges it; results with equal hashes can be compared.

    Parameters
    ----------
    machine : mapping
        The result of `fingerprint`, or this result read back from JSON.

    Returns
    -------
    str
        The hash, 12 hex digits; see `toolkit.contracts.identity.environment_id`.
    """
    rules = (*_RULES, *_RULES_OF_TASKS) if trial.op.task else _RULES
    return identity.environment_id(trial, machine, judged_by=rules)


@dataclass
class Judge:
    """Compares the different outputs of one trial with reference and ground truth, and stores the worst results.

    Attributes
    ----------
    seen : set of (photo, digest)
        The photo and the hash of each output that was compared already.
    agreement : Agreement or None
        Differences from the reference of that output which differs most from its reference.
    quality : mapping
        Quality of the outputs against the ground truth, as in `Measurement.quality`.
    """

    trial: Trial
    inputs: Inputs
    timeout_s: float
    seen: set[tuple[str, str]] = field(default_factory=set)
    agreement: Agreement | None = None
    quality: dict[str, float] = field(default_factory=dict)
    _empty: str = ""
    _by_photo: dict[str, dict[str, float]] = field(default_factory=dict)
    # Name of the photo whose output differs most from its reference, and a remark on that reference.
    _worst: tuple[str, str] = "", ""

    def go_on_from(self, unfinished: Measurement) -> None:
        """Take over the results for the outputs of an earlier process; equal outputs are not compared again."""
        self.agreement, self.quality = unfinished.agreement, dict(unfinished.quality)
        self._by_photo = dict(unfinished.provenance.get(_BY_PHOTO, {}))
        runs = [run for block in unfinished.blocks for run in block.workers]
        self.seen |= {(photo, d) for run in runs for photo, digests in run.outputs.items() for d in digests}

    def so_far(self) -> dict[str, Any]:
        """The quality of each photo's output, stored in a measurement's provenance, where `go_on_from` reads it."""
        return {_BY_PHOTO: self._by_photo}

    def make_references(self) -> None:
        """Make all reference outputs before anything is timed, because making them would disturb the times.

        Raises
        ------
        Unavailable, Unsupported, TrialFailed
        """
        self._references(self.trial.images)
        if self.trial.steps:
            self._full_size(list(self.trial.images))

    def judge(self, outputs: Iterator[tuple[str, Image]]) -> None:
        """Compare timed outputs, each with its photo, with the reference and with the ground truth."""
        files = dict(self.inputs.paths(self.trial))
        for photo, output in outputs:
            self._empty = self._empty or content.missing_content(
                self.trial.op, self.trial.resolved, np.load(files[photo], mmap_mode="r"), output
            )
            self._compare_with_reference(photo, output)
            if self.trial.steps and not self.trial.is_untrained:
                self._compare_with_full_size(photo, output)
            truth = ground_truth.truth_of(self.trial, photo)
            self._by_photo[photo] = ground_truth.quality_of(self.trial, output, truth)
        self.quality = ground_truth.mean(filter(None, self._by_photo.values())) or self.quality

    def fault(self) -> tuple[Cause, str]:
        """The cause and a sentence that say why the output is wrong; ``(Cause.NONE, "")`` if the output is right."""
        found, wrong_size = self.agreement, self.trial.wrong_size
        if self._empty:
            return Cause.EMPTY, f"{self.trial.label}: {self._empty}"
        if wrong_size:
            if found is None or found.beyond_share == 0:
                return Cause.WRONG_SIZE, wrong_size
            seen = f"{found.beyond_share:.1%} of the values are wrong, the worst by {found.max_abs} of 255 levels."
            return Cause.WRONG_SIZE, f"{wrong_size} Here {seen}"
        if found is not None and not found.agrees:
            return Cause.DISAGREED, self._disagreement(found)
        return Cause.NONE, ""

    def _compare_with_reference(self, photo: str, output: Image) -> None:
        right = self._references([photo])
        if right is None:
            return
        where = crops.crops_for(self.trial)
        if where:
            scale = crops.scale_of(self.trial)
            output = crops.together([crop.cut(output, scale=scale) for crop in where])
        found = agreement.agreement(
            output, right[photo], tolerance=self.trial.tolerance, backend=self.trial.reference
        )
        found = replace(found, crops=len(where))
        if self.agreement is None or _badness(found) > _badness(self.agreement):
            self.agreement, self._worst = found, (photo, _no_clear_person(self.trial.op, right[photo]))

    def _references(self, photos: Sequence[str]) -> dict[str, Image] | None:
        where = crops.crops_for(self.trial)
        return references(self.trial, photos, self.inputs, timeout_s=self.timeout_s, crops=where)

    def _compare_with_full_size(self, photo: str, output: Image) -> None:
        full = self._full_size([photo])
        if full is not None:
            quality = agreement.against_full_size(output, full[photo])
            self.quality = min(filter(None, (self.quality, quality)), key=lambda one: one["psnr_db"])

    def _full_size(self, photos: list[str]) -> dict[str, Image] | None:
        return references(self.trial.with_(steps=()), photos, self.inputs, timeout_s=self.timeout_s)

    def _disagreement(self, found: Agreement) -> str:
        precision, least_db = self.trial.placement.precision, self.trial.tolerance.psnr_db
        how = f"{found.beyond_share:.2%} of the values differ by more than the tolerance"
        if found.psnr_db is not None and found.psnr_db < least_db:
            how = f"its PSNR is {found.psnr_db:.1f} dB, but {precision} must reach {least_db:g} dB"
        if found.crops:
            how += f" in {found.crops} crops of the full-size output"
        photo, remark = self._worst
        where = f" on {photo}" if len(self.trial.images) > 1 else ""
        return (
            f"{self.trial.label} disagrees with the {found.reference} reference{where}: {how}, "
            f"the worst value by {found.max_abs} of 255 levels.{remark}"
        )


def _no_clear_person(op: Operation, matte: Image) -> str:
    """A remark if many pixels of a matte are half transparent; ``""`` for other mattes and other tasks."""
    if op.task != ground_truth.MATTE or matte.shape[-1] != 1:
        return ""
    share = np.count_nonzero((matte > 25) & (matte < 230)) / matte.size
    if share < _UNSURE_SHARE:
        return ""
    return (
        f" {share:.0%} of the pixels of the reference matte have an alpha between 10 and 90 %: "
        "the network probably found no person, and rounding errors change such a matte most. Measure with portraits."
    )


def _badness(found: Agreement) -> tuple[bool, float, float]:
    psnr_db = math.inf if found.psnr_db is None else found.psnr_db
    return not found.agrees, found.beyond_share, -psnr_db
