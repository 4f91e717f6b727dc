"""Sentences for the page of AnimeGANv2 on many cores: findings that the article lacks, advice, the main surprise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from toolkit.analysis.verdict import Outcome
from toolkit.core import units
from toolkit.results.rows.rates import physical_cores
from toolkit.studies.cases.anime_law import WORKERS, law_here, law_text, published_law, rate_of
from toolkit.studies.cases.case_run import CaseRun
from toolkit.studies.cases.steps import compared, factor_or_none, fastest

_OURS = ("ours_onnxruntime", "ours_openvino")


def findings(run: CaseRun) -> Sequence[tuple[str, str]]:
    """Findings of a run that the case's article does not mention."""
    said = []
    for heading, before, after in (
        ("A new pool of processes for each request", "pool_warm", "pool_per_request"),
        ("An event loop compared with threads", "threads", "event_loop"),
        ("Processes compared with threads", "threads", "pool_warm"),
        ("Dynamic INT8", "processes_1", "dynamic_int8"),
        ("Mini-batches", "processes_1", "mini_batch"),
    ):
        is_alone = "pool_warm" in (before, after) and max(run.settings["workers"]) == 1
        if not is_alone and (step := compared(run, _alias(run, before), _alias(run, after))):
            said.append((heading, step.sentence))
    return [*said, *_beyond(run), *_int8(run), *_laws(run), *_pool(run), *_formats(run)]


def _beyond(run: CaseRun) -> Sequence[tuple[str, str]]:
    """Compare the largest number of processes with the largest number that has a core for each process."""
    counts = [n for n in WORKERS if run.is_timed(f"processes_{n}")]
    fitting = [n for n in counts if n <= physical_cores(run.machine)]
    if not fitting or max(fitting) == max(counts):
        return []
    step = compared(run, f"processes_{max(fitting)}", f"processes_{max(counts)}")
    return [("More processes than cores", step.sentence)] if step else []


def _int8(run: CaseRun) -> Sequence[tuple[str, str]]:
    fact = partial(run.fact, "dynamic_int8")
    if (replaced := fact("replaced")) is None:
        return []
    same = run.fact("same_picture", "max_abs")
    differ = f" The generator's pictures before and after dynamic INT8 differ by at most {same} grey levels."
    picture = "" if same is None else differ
    return [
        (
            "What dynamic INT8 changes",
            f"dynamic INT8 replaces {replaced} of {fact('layers')} layers: the generator has {fact('linear')} "
            f"nn.Linear layers and {fact('convolutions')} convolutions, and dynamic INT8 of nn.Linear changes no "
            "convolution."
            f"{picture}",
        )
    ]


def _laws(run: CaseRun) -> Sequence[tuple[str, str]]:
    said = []
    if law := published_law():
        said.append(("The scaling law of the article's table", f"{law_text(law)}."))
    if law := law_here(run):
        peak = law.why_no_peak
        said.append(("The scaling law on this machine", f"{law_text(law)}{f'; {peak}' if peak else ''}."))
    return said


def _alias(run: CaseRun, name: str) -> str:
    """Replace the name ``pool_warm`` by the name of the procedure with the largest measured number of processes."""
    return f"processes_{max(run.settings['workers'])}" if name == "pool_warm" else name


def _pool(run: CaseRun) -> Sequence[tuple[str, str]]:
    if (most := run.fact("following_pool", "most")) is None:
        return []
    fact = partial(run.fact, "following_pool")
    return [
        (
            "A pool that grows with the load",
            f"a pool of at most {most} that starts processes when they are needed has {fact('after_one')} "
            f"processes after one request, which takes {units.seconds(fact('first_s'))} with the start of a process, "
            f"and {fact('after_burst')} processes after a burst of requests; the first burst takes "
            f"{units.seconds(fact('first_burst_s'))}, the second burst {units.seconds(fact('second_burst_s'))}. "
            "These times were measured only once, so they have no confidence interval.",
        )
    ]


def _formats(run: CaseRun) -> Sequence[tuple[str, str]]:
    found = run.facts.get("formats", {})
    if not found:
        return []
    png = min((name for name in found if name.startswith("PNG")), key=lambda name: found[name]["size_bytes"])
    chosen = [png, *(name for name in found if "quality 85" in name)]
    parts = [f"{name} {_encoding_text(found[name])}" for name in chosen]
    medians = "Each time is the median of three calls, without a confidence interval."
    return [("Writing the result", f"time to encode, file size and quality: {'; '.join(parts)}. {medians}")]


def _encoding_text(one: Mapping[str, Any]) -> str:
    loss = "lossless" if one["psnr_db"] is None else units.decibels(one["psnr_db"])
    return f"{units.seconds(one['encode_s'])}, {units.byte_count(one['size_bytes'])}, {loss}"


def advice(run: CaseRun) -> str:
    """Advise which procedure to use on the machine of a run."""
    said = []
    per_request = factor_or_none(compared(run, "pool_per_request", _alias(run, "pool_warm")))
    if per_request and per_request.value > 1:
        said.append(
            f"Keep the processes running: a pool that stays open is {units.ratio(per_request.value)} as fast as a "
            "pool started for each request."
        )
    best = fastest(run, [name for name in _OURS if not _is_wrong(run, name)])
    if best is not None:
        ours = factor_or_none(compared(run, "processes_1", best.name))
        if ours and ours.value > 1:
            said.append(f"Use {best.words}: {units.number(rate_of(best).value)} pictures/s for {best.size}.")
    if run.fact("dynamic_int8", "replaced") == 0:
        said.append("Do not use dynamic INT8 of nn.Linear: it replaces no layer of this generator.")
    workers = compared(run, "processes_1", _alias(run, "pool_warm"))
    if workers is not None and workers.verdict.outcome in (Outcome.SAME, Outcome.SLOWER):
        said.append("More processes are not faster on this machine: use one process with more threads.")
    return (
        " ".join(said)
        or "no procedure on this page is clearly faster on this machine; measure the full preset."
    )


def _is_wrong(run: CaseRun, name: str) -> bool:
    return run.is_timed(name) and run.row(name).is_wrong


def surprise(run: CaseRun) -> str:
    """The most surprising finding of a run, in one or two sentences."""
    replaced = run.fact("dynamic_int8", "replaced")
    if replaced is None:
        return "this run could not measure dynamic INT8."
    step = compared(run, "processes_1", "dynamic_int8")
    return (
        f"dynamic INT8 replaces {replaced} layers of the generator. {step.sentence if step else ''}".strip()
    )
