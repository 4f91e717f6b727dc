"""Describe a comparison in sentences: the verdict, its evidence, and how often verdicts are wrong on this machine."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from toolkit.analysis.discovery import FALSE_DISCOVERY_RATE
from toolkit.analysis.stats import Estimate
from toolkit.analysis.verdict import Outcome, Verdict
from toolkit.core import units
from toolkit.results.sentences.answer import faster_text


class Report:
    """A list of sentences that is shown as plain text, or as HTML in a notebook."""

    def lines(self) -> list[str]:
        """The sentences, most important first."""
        raise NotImplementedError

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        first, *rest = map(html.escape, self.lines())
        return f"<p><strong>{first}</strong></p><ul>{''.join(f'<li>{line}</li>' for line in rest)}</ul>"


@dataclass(frozen=True, kw_only=True)
class ComparisonReport(Report):
    """The result of comparing one candidate with one baseline.

    Attributes
    ----------
    baseline, candidate : str
        Labels of the two trials.
    verdict : Verdict
        Whether the candidate is faster or slower, with the interval of the ratio of times and the reason.
    estimates : tuple of Estimate
        Time of baseline and candidate, seconds per picture.
    process_medians_s : tuple of two sequences of float
        Median time of each process, s, for baseline and candidate, in the order of the rounds.
    spent_s : float
        Duration of the comparison, s.
    stopped : str
        Reason why no further round was measured; ``""`` if the comparison is of two stored measurements.
    command : str
        For two runs that were not made in turns, the command that measures both trials in turns; else ``""``.
    caveats : tuple of str
        Warnings about disturbed measurements, wrong pictures or different machines.
    calibration : str
        A sentence on how often such verdicts are wrong on this machine, or that the machine is not calibrated.
    """

    baseline: str
    candidate: str
    verdict: Verdict
    estimates: tuple[Estimate, Estimate]
    process_medians_s: tuple[Sequence[float], Sequence[float]]
    spent_s: float
    stopped: str
    command: str = ""
    caveats: tuple[str, ...] = ()
    calibration: str = ""

    @property
    def outcome(self) -> str:
        """The verdict on the candidate's time: FASTER, SLOWER, SAME or CAN'T TELL."""
        return self.verdict.outcome.value

    @property
    def ratio(self) -> Estimate:
        """Time of the candidate divided by that of the baseline, with 95 % interval; below 1: candidate is faster."""
        v = self.verdict
        return Estimate(v.ratio, v.low, v.high, v.n_rounds, sum(e.n_samples for e in self.estimates))

    @property
    def _sides(self) -> list[tuple[str, Estimate]]:
        return list(zip((self.baseline, self.candidate), self.estimates, strict=True))

    def to_frame(self) -> Any:
        """A pandas DataFrame with a row for baseline and candidate: seconds per picture with the 95 % interval."""
        import pandas as pd

        rows = [(label, e.value, e.low, e.high, e.n_processes) for label, e in self._sides]
        return pd.DataFrame(rows, columns=["label", "seconds", "low_s", "high_s", "processes"])

    def lines(self) -> list[str]:
        """The sentences, most important first."""
        v = self.verdict
        said = [f"{self.outcome}: {_compared(self.candidate, self.baseline, v)}."]
        if v.low is not None and v.high is not None:
            interval = f"95 % interval of the ratio of times {v.low:.3f} to {v.high:.3f}"
            said.append(f"{interval}, {v.n_rounds} rounds; {v.reason}.")
        else:
            said.append(
                f"{v.reason[0].upper()}{v.reason[1:]}." if v.is_apart else f"No interval: {v.reason}."
            )
        said += [f"{label}: {_time(e)}" for label, e in self._sides]
        if v.smallest_effect is not None:
            effect = units.percent(v.smallest_effect)
            said.append(f"Smallest change that 90 % of such comparisons would detect: {effect}.")
        if self.command:
            said.append(f"To compare these trials, measure them in turns: {self.command}")
        if v.more_rounds:
            cost = "" if v.more_s is None else f", about {units.seconds(v.more_s)}"
            said.append(f"A verdict FASTER, SLOWER or SAME needs {v.more_rounds} more rounds{cost}.")
        if self.stopped:
            quiet = "to get a verdict, run the comparison again when the machine is quiet"
            end = quiet if v.is_disturbed else f"it stopped because {self.stopped}"
            said.append(f"The comparison took {units.seconds(self.spent_s)}; {end}.")
        said += [f"Caution: {caveat}." for caveat in self.caveats]
        said.append(self.calibration)
        return [line for line in said if line]


@dataclass(frozen=True, kw_only=True)
class WinnerReport(Report):
    """The apparently fastest trial of a sweep (the winner), measured again in turns with the next fastest trials.

    Attributes
    ----------
    winner : str
        Label of the apparent winner: the baseline of every verdict.
    rivals : tuple of (str, Verdict)
        The next fastest trials with their verdicts; the false discovery rate of all verdicts together is limited.
    calibration : str
        A sentence on how often such verdicts are wrong on this machine.
    """

    winner: str
    rivals: tuple[tuple[str, Verdict], ...]
    calibration: str = ""

    @property
    def is_named(self) -> bool:
        """Whether every other trial that was measured again was found slower than the winner."""
        return bool(self.rivals) and all(v.outcome is Outcome.SLOWER for _, v in self.rivals)

    def lines(self) -> list[str]:
        """The sentences, most important first."""
        beaten_by = [label for label, v in self.rivals if v.outcome is Outcome.FASTER]
        level = [label for label, v in self.rivals if v.outcome in (Outcome.SAME, Outcome.CANT_TELL)]
        if not self.rivals:
            first = (
                f"No winner: only {self.winner} gave a right picture, so there is nothing to compare it with."
            )
        elif self.is_named:
            first = f"Fastest: {self.winner}."
        elif beaten_by:
            faster = ", ".join(beaten_by)
            first = f"Measured again, {self.winner} is not the fastest: {faster} took less time."
        elif busy := next((v.reason for _, v in self.rivals if v.is_disturbed), ""):
            first = f"No winner: {busy}."
        else:
            first = (
                f"No winner: no difference seen between the times of {self.winner} and {', '.join(level)}."
            )
        said = [first]
        for label, v in self.rivals:
            said.append(f"{v.outcome.value}: {_compared(label, 'the winner', v)}, {v.n_rounds} rounds.")
        if (n := len(self.rivals)) > 1:
            rate = units.percent(FALSE_DISCOVERY_RATE)
            said.append(f"The false discovery rate over these {n} verdicts is limited to {rate}.")
        return [line for line in [*said, self.calibration] if line]


def _compared(candidate: str, baseline: str, v: Verdict) -> str:
    """Write a verdict on two trials as a clause: how many times faster one is, with the 95 % interval."""
    if v.outcome.is_difference:
        low, high = (None if end is None else 1 / end for end in (v.high, v.low))
        speedup = Estimate(1 / v.ratio, low, high, v.n_rounds, 0)
        return f"{candidate} is {faster_text(speedup)} than {baseline}"
    if v.outcome is Outcome.SAME:
        return f"{candidate} takes the same time as {baseline}"
    if v.is_apart:
        return f"{candidate} was not measured in turns with {baseline}"
    if v.low is None:
        return f"{candidate} and {baseline} cannot be compared"
    return f"no difference seen between the times of {candidate} and {baseline}"


def _time(e: Estimate) -> str:
    if not e.has_interval:
        return f"{units.seconds(e.value)}, {e.n_processes} processes, no interval"
    return f"{units.seconds(e.value)} [{units.seconds(e.low)}, {units.seconds(e.high)}], {e.n_processes} processes"
