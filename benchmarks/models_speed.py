"""Speed-up of the fastest configuration that agrees over the usual way, in rounds of fresh processes."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from benchmarks.models_page import Page
from benchmarks.models_peak import best_products, network_flops
from benchmarks.models_questions import Question, with_weights
from toolkit.analysis.verdict import Verdict, compare
from toolkit.bench.candidate import Candidate
from toolkit.bench.grid import Grid
from toolkit.bench.inputs import Inputs
from toolkit.bench.lock import measuring_lock
from toolkit.bench.plan import Plan
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.fingerprint import fingerprint, provenance
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.tolerance import UNJUDGED
from toolkit.contracts.trial import Trial
from toolkit.contracts.turns import TURNS, new_turns_id
from toolkit.core.params import Value

PHOTO = "astronaut"


def speed_tables(
    page: Page, questions: Sequence[Question], *, threads: int, blocks: int, is_judged: bool
) -> None:
    """Print a table for each question and a summary of all; `is_judged`: a missed minimum fails the benchmark."""
    summary: list[list[str]] = []
    for asked in questions:
        question, note = with_weights(asked)
        width, height = question.size
        page.heading(f"Speed: {question.title}, {width} x {height} px, {threads} threads")
        if note:
            page.without(note)
        measurements = in_turns(_trials(question, threads), blocks=blocks, seconds=question.seconds)
        _table(page, measurements)
        judged = [m for m in measurements if not _is_unjudged(m)]
        summary.append(_summary(page, question, judged, _best(judged), is_judged=is_judged))
        best = _best(measurements)
        if best is not None and _is_unjudged(best):
            line = _summary(page, question, measurements, best, is_judged=False)
            summary.append([f"  fastest, picture not judged: {line[0]}", *line[1:]])
        for other in judged:
            if other.is_ok and ("engine", "classic") in other.trial.placement.options:
                line = _summary(page, question, [other, *judged], _best(judged), is_judged=False)
                summary.append([f"  compared with the classic engine: {line[0]}", *line[1:]])
        if question.operation == "edsr":
            _share_of_peak(page, question, measurements, threads)
    page.heading("Speed: the fastest configuration that agrees, compared with the usual way")
    columns = [
        "comparison",
        "usual ms",
        "fastest ms",
        "speed-up",
        "95 % interval",
        "required",
        "aim",
        "passed",
    ]
    page.table(columns, summary, first_width=max(len(row[0]) for row in summary))
    page.say(
        "The fastest configuration of each table is chosen and compared in the same rounds. Where INT8 with untrained "
        "weights is faster still, it has a line of its own: such pictures cannot be judged."
    )


def in_turns(trials: Sequence[Trial], *, blocks: int, seconds: float) -> list[Measurement]:
    """One block of each trial per round, every second round in reverse order; without cold starts and memory passes."""
    # A plan's last block also times the stages, which costs calls; so the plan has one block more than are run.
    plan = Plan(blocks=blocks + 1, seconds=seconds, least_calls=1 if seconds == 0 else 3, timeout_s=900)
    with measuring_lock(), Inputs() as inputs:
        candidates = [Candidate(trial, inputs, plan) for trial in trials]
        for candidate in candidates:
            candidate.prepare()
        for number in range(blocks):
            for candidate in candidates[::-1] if number % 2 else candidates:
                if candidate.is_ok:
                    candidate.run_block(number)
        machine, made = fingerprint(), {**provenance(), TURNS: new_turns_id()}
        return [candidate.measurement(machine, made) for candidate in candidates]


def _trials(question: Question, threads: int) -> list[Trial]:
    """The usual way and what is compared with it; the usual way comes first."""
    usual = _trial(question, question.usual, "fp32", {}, threads)
    if question.ways:
        others = [_trial(question, *way, threads) for way in question.ways]
    else:
        grid = Grid(
            operations=(question.operation,),
            backends=("all",),
            precisions=("all",),
            params=question.params,
            sizes=(question.size,),
            threads=(threads,),
            images=(PHOTO,),
        )
        # fp16 is slow on processors.
        others = [trial for trial in grid.trials() if trial.placement.precision != "fp16"]
    return list(dict.fromkeys([usual, *others]))


def _trial(
    question: Question, backend: str, precision: str, options: dict[str, Value], threads: int
) -> Trial:
    return make_trial(
        question.operation,
        backend,
        params=question.params,
        options=options,
        precision=precision,
        threads=threads,
        images=(PHOTO,),
        size=question.size,
    )


def _table(page: Page, measurements: Sequence[Measurement]) -> None:
    columns = ["configuration", "status", "ms a call", "calls", "max level", "PSNR", "required", "speed-up"]
    rows = []
    for m in measurements:
        speed_up = _speed_up(_against(measurements[0], m))[0]
        rows.append([_label(m.trial), m.status if m.is_ok else m.cause, *_figures(m), _limit(m), speed_up])
    page.table(columns, rows)
    for m in measurements:
        if not m.is_ok:
            page.say(f"{m.status}: {m.note}")


def _best(measurements: Sequence[Measurement]) -> Measurement | None:
    """The fastest that agrees, without the first one, which is the usual way."""
    ratios = {i: _against(measurements[0], m).ratio for i, m in enumerate(measurements) if m.is_ok}
    timed = [i for i, ratio in ratios.items() if i and not math.isnan(ratio)]
    return measurements[min(timed, key=lambda i: ratios[i])] if timed else None


def _is_unjudged(m: Measurement) -> bool:
    """INT8 with untrained weights is not judged: a calibration finds no useful ranges for them."""
    return m.is_untrained and m.trial.placement.precision == "int8"


def _figures(m: Measurement) -> list[str]:
    times = _block_medians_s(m)
    found = m.agreement
    same = found is not None and found.psnr_db is None
    return [
        f"{1e3 * statistics.median(times):.1f}" if times else "-",
        "+".join(str(len(samples)) for samples in m.samples_s) or "-",
        "-" if found is None else str(found.max_abs),
        "-" if found is None else "same" if same else f"{found.psnr_db:.1f} dB",
    ]


def _limit(m: Measurement) -> str:
    limit = m.trial.tolerance
    return "not judged" if limit is UNJUDGED else f"{limit.psnr_db:.0f} dB"


def _summary(
    page: Page,
    question: Question,
    measurements: Sequence[Measurement],
    best: Measurement | None,
    *,
    is_judged: bool,
) -> list[str]:
    usual = measurements[0]
    title = f"{question.title}{' (untrained)' if usual.is_untrained else ''}"
    wanted = [f"{question.least:g}", _aim(question.aim)]
    if best is None or not _block_medians_s(usual):
        page.without(
            f"{title}: the usual way is {usual.status}. {usual.note or 'No other configuration agrees.'}"
        )
        return [title, *["-"] * 4, *wanted, "-"]
    verdict = _against(usual, best)
    ratio, interval = _speed_up(verdict)
    sentence = f"{title}: speed-up {ratio} over {_label(usual.trial)}, required {question.least:g}"
    kept = page.require(1 / verdict.ratio >= question.least, sentence) if is_judged else "not judged"
    times = [_figures(m)[0] for m in (usual, best)]
    what = f"{title}, {_label(best.trial)} over {_label(usual.trial)}"
    return [what, *times, ratio, interval, wanted[0], _aim(question.aim, 1 / verdict.ratio), kept]


def _aim(aim: float | None, reached: float | None = None) -> str:
    if aim is None:
        return "-"
    return f"{aim:g}" if reached is None else f"{aim:g}: {'reached' if reached >= aim else 'not reached'}"


def _against(usual: Measurement, other: Measurement) -> Verdict:
    """Compared in pairs of the same round; for a trial that stopped early, over the rounds that it has."""
    rounds = min(len(usual.samples_s), len(other.samples_s))
    return compare(usual.samples_s[:rounds], other.samples_s[:rounds], paired=True)


def _speed_up(verdict: Verdict) -> tuple[str, str]:
    if math.isnan(verdict.ratio):
        return "-", "-"
    if verdict.low is None or verdict.high is None:
        return f"{1 / verdict.ratio:.2f}", "under 3 rounds"
    return f"{1 / verdict.ratio:.2f}", f"{1 / verdict.high:.2f} to {1 / verdict.low:.2f}"


def _block_medians_s(m: Measurement) -> list[float]:
    return [statistics.median(samples) for samples in m.samples_s if samples]


def _label(trial: Trial) -> str:
    options = "".join(
        f" {key}" if value is True else f" {key}={value}" for key, value in trial.placement.options
    )
    return f"{trial.backend} {trial.placement.precision}{options}"


def _share_of_peak(page: Page, question: Question, measurements: Sequence[Measurement], threads: int) -> None:
    flops = network_flops(question.operation, question.params, question.size)
    roofs = best_products(threads)
    best = "; ".join(
        f"in {name} {roof.flops / 1e9:.0f} GFLOP/s ({roof.product})" for name, roof in roofs.items()
    )
    page.say(
        f"{question.title} takes {flops / 1e12:.2f} TFLOP per picture, counted from its layers. The fastest matrix "
        f"product of this run: {best}. fp32 is compared with bf16's, which the processor could use instead."
    )
    for m in measurements:
        times = _block_medians_s(m)
        if m.is_ok and times:
            rate = flops / statistics.median(times)
            width = "int8" if m.trial.placement.precision == "int8" else "bf16"
            share = f"{rate / roofs[width].flops:.0%} of the fastest product in {width}"
            page.say(f"  {_label(m.trial)}: {rate / 1e9:.0f} GFLOP/s, {share}")
