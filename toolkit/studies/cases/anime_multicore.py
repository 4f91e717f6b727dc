"""Case 5: AnimeGANv2 on many cores with threads, an event loop, processes, mini-batches and INT8, and a scaling law."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from toolkit.core import units
from toolkit.images.image import Image
from toolkit.studies.cases import anime_probes, anime_procedures
from toolkit.studies.cases.against_reference import judged_against
from toolkit.studies.cases.anime_law import WORKERS, law_here, law_text, published_law, rate_of
from toolkit.studies.cases.case import Case, Judged, Pictures
from toolkit.studies.cases.case_run import CaseRun
from toolkit.studies.cases.printed_code import PrintedCode
from toolkit.studies.cases.procedure import OURS, Probe, Procedure, Settings
from toolkit.studies.cases.steps import compared, factor_or_none, fastest, psnr_text

_REFERENCE = "processes_1"
_OURS = ("ours_onnxruntime", "ours_openvino")


def _size(settings: Settings) -> str:
    count = units.counted(settings["pictures"], "picture")
    trained = anime_procedures.model_of(settings).weights_text
    return f"{count} of {settings['width']} x {settings['height']} px, {trained}"


def _pictures(settings: Settings) -> int:
    return int(settings["pictures"])


def _missing_backend(settings: Settings, *, backend: str, precision: str = "fp32") -> str:
    if precision == "int8" and not settings["int8"]:
        return "The preset leaves INT8 out, because its calibration takes long; to measure INT8, add: -p int8 true."
    return anime_procedures.model_of(settings, backend=backend, precision=precision).missing()


def _missing_workers(settings: Settings, *, workers: int, backend: str = "torch") -> str:
    if workers not in settings["workers"]:
        more = sorted({*settings["workers"], workers})
        return f"This preset does not measure {workers} processes; to measure them, add: -p workers '{more}'."
    return _missing_backend(settings, backend=backend)


def _judge(settings: Settings, pictures: Pictures) -> Mapping[str, Judged]:
    model = anime_procedures.model_of(settings)
    note = "untrained" if model.is_untrained else ""
    return judged_against(_REFERENCE, pictures, note=note, may_differ=("int8",), least_db=40.0)


def _shown(settings: Settings, pictures: Pictures, run: CaseRun) -> Mapping[str, Image]:
    note = ", untrained" if anime_procedures.model_of(settings).is_untrained else ""
    shown = {"photo": anime_procedures.photos_of(settings)[0]}
    for name, what in (
        (_REFERENCE, "torch fp32"),
        ("dynamic_int8", "torch, dynamic INT8"),
        ("int8", "onnxruntime INT8"),
        ("ours_openvino", "openvino fp32"),
    ):
        if name in pictures:
            psnr = run.row(name).worst_psnr_db
            quality = "the reference" if name == _REFERENCE else psnr_text(psnr, "the reference")
            shown[f"{what}{note}\n{quality}"] = pictures[name]["picture_0"]
    return shown


def _findings(run: CaseRun) -> Sequence[tuple[str, str]]:
    said = []
    for heading, before, after in (
        ("A pool for each request", "pool_warm", "pool_per_request"),
        ("An event loop against threads", "threads", "event_loop"),
        ("Processes against threads", "threads", "pool_warm"),
        ("Dynamic INT8", "processes_1", "dynamic_int8"),
        ("Mini-batches", "processes_1", "mini_batch"),
    ):
        is_alone = "pool_warm" in (before, after) and max(run.settings["workers"]) == 1
        if not is_alone and (step := compared(run, _alias(run, before), _alias(run, after))):
            said.append((heading, step.sentence))
    if (replaced := run.fact("dynamic_int8", "replaced")) is not None:
        same = run.fact("same_picture", "max_abs")
        picture = "" if same is None else f" The largest difference of the picture is {same} grey levels."
        said.append(
            (
                "What dynamic INT8 changes",
                f"it replaces {replaced} of {run.fact('dynamic_int8', 'layers')} layers: the generator has "
                f"{run.fact('dynamic_int8', 'linear')} nn.Linear layers and {run.fact('dynamic_int8', 'convolutions')} "
                f"convolutions, and dynamic quantisation of nn.Linear touches no convolution.{picture}",
            )
        )
    if law := published_law():
        said.append(("The law of the article's table", f"{law_text(law)}."))
    if law := law_here(run):
        peak = law.why_no_peak
        said.append(("The law on this machine", f"{law_text(law)}{f'; {peak}' if peak else ''}."))
    return [*said, *_pool(run), *_formats(run)]


def _alias(run: CaseRun, name: str) -> str:
    """Replace the name ``pool_warm`` by the procedure with the largest measured number of processes."""
    return f"processes_{max(run.settings['workers'])}" if name == "pool_warm" else name


def _pool(run: CaseRun) -> Sequence[tuple[str, str]]:
    if (most := run.fact("following_pool", "most")) is None:
        return []
    fact = partial(run.fact, "following_pool")
    return [
        (
            "A pool that grows with the load",
            f"a pool of at most {most} that starts processes when they are needed has {fact('after_one')} "
            f"processes after one request ({units.seconds(fact('first_s'))} with the start) and "
            f"{fact('after_burst')} after a burst; the first burst takes "
            f"{units.seconds(fact('first_burst_s'))}, the second {units.seconds(fact('second_burst_s'))}. "
            "Measured once, so without an interval.",
        )
    ]


def _formats(run: CaseRun) -> Sequence[tuple[str, str]]:
    found = run.facts.get("formats", {})
    if not found:
        return []
    png = min((name for name in found if name.startswith("PNG")), key=lambda name: found[name]["size_bytes"])
    chosen = [png, *(name for name in found if "quality 85" in name)]
    parts = [f"{name} {_encoding_text(found[name])}" for name in chosen]
    return [("Writing the result", f"{'; '.join(parts)}. Medians of three calls, without an interval.")]


def _encoding_text(one: Mapping[str, Any]) -> str:
    loss = "lossless" if one["psnr_db"] is None else units.decibels(one["psnr_db"])
    return f"{units.seconds(one['encode_s'])}, {units.byte_count(one['size_bytes'])}, {loss}"


def _advice(run: CaseRun) -> str:
    said = []
    per_request = factor_or_none(compared(run, "pool_per_request", _alias(run, "pool_warm")))
    if per_request and per_request.value > 1:
        said.append(
            f"Keep the processes: a warm pool is {units.ratio(per_request.value)} as fast as one for each request."
        )
    best = fastest(run, [name for name in _OURS if not _is_wrong(run, name)])
    if best is not None:
        ours = factor_or_none(compared(run, "processes_1", best.name))
        if ours and ours.value > 1:
            said.append(f"Take {best.words}: {units.number(rate_of(best).value)} pictures/s for {best.size}.")
    if run.fact("dynamic_int8", "replaced") == 0:
        said.append("Do not use dynamic INT8 of nn.Linear: it changes nothing in this generator.")
    workers = compared(run, "processes_1", _alias(run, "pool_warm"))
    if workers is not None and factor_or_none(workers) is None:
        said.append("More processes are not faster on this machine: use one process with more threads.")
    return (
        " ".join(said) or "no step on this page is clearly faster on this machine; measure the full preset."
    )


def _is_wrong(run: CaseRun, name: str) -> bool:
    return run.is_timed(name) and run.row(name).is_wrong


def _surprise(run: CaseRun) -> str:
    replaced = run.fact("dynamic_int8", "replaced")
    if replaced is None:
        return "this run could not try dynamic INT8."
    step = compared(run, "processes_1", "dynamic_int8")
    return f"dynamic INT8 replaces {replaced} layers. {step.sentence if step else ''}".strip()


CASE = Case(
    name="5_anime_multicore",
    title="AnimeGANv2 on many cores",
    procedures=(
        Procedure(
            name="processes_1",
            words="one process, one thread",
            opened=anime_procedures.one_by_one,
            size=_size,
            batch=_pictures,
            missing=partial(_missing_backend, backend="torch"),
        ),
        Procedure(
            name="threads",
            words="threads of one process",
            opened=anime_procedures.threads,
            against="processes_1",
            size=_size,
            batch=_pictures,
            missing=partial(_missing_backend, backend="torch"),
        ),
        Procedure(
            name="event_loop",
            words="asyncio with threads of one process",
            opened=anime_procedures.event_loop,
            against="processes_1",
            size=_size,
            batch=_pictures,
            missing=partial(_missing_backend, backend="torch"),
        ),
        *(
            Procedure(
                name=f"processes_{count}",
                words=f"{count} warm processes, one thread each",
                opened=partial(anime_procedures.processes, workers=count),
                against="processes_1",
                size=_size,
                batch=_pictures,
                missing=partial(_missing_workers, workers=count),
            )
            for count in WORKERS[1:]
        ),
        Procedure(
            name="pool_per_request",
            words="processes started for each request",
            opened=anime_procedures.processes_per_request,
            against="processes_1",
            size=_size,
            batch=_pictures,
            missing=partial(_missing_backend, backend="torch"),
        ),
        Procedure(
            name="mini_batch",
            words="one thread, all pictures in one call of the network",
            opened=anime_procedures.mini_batch,
            against="processes_1",
            size=_size,
            batch=_pictures,
            missing=partial(_missing_backend, backend="torch"),
        ),
        Procedure(
            name="dynamic_int8",
            words="dynamic INT8 of nn.Linear, one thread",
            opened=anime_procedures.dynamic_int8,
            against="processes_1",
            size=_size,
            batch=_pictures,
            missing=partial(_missing_backend, backend="torch"),
        ),
        Procedure(
            name="int8",
            words="real INT8 of convolutions (onnxruntime), one thread",
            opened=anime_procedures.int8,
            origin=OURS,
            against="processes_1",
            size=_size,
            batch=_pictures,
            missing=partial(_missing_backend, backend="onnxruntime", precision="int8"),
        ),
        *(
            Procedure(
                name=f"ours_{backend}",
                words=f"ours: two warm processes with {backend}, one thread each",
                opened=partial(anime_procedures.processes, workers=2, backend=backend),
                origin=OURS,
                against="processes_1",
                size=_size,
                batch=_pictures,
                missing=partial(_missing_backend, backend=backend),
            )
            for backend in ("onnxruntime", "openvino")
        ),
    ),
    probes=(
        Probe(name="dynamic_int8", words="layers that dynamic INT8 replaces", take=anime_probes.dynamic_int8),
        Probe(name="same_picture", words="the picture after dynamic INT8", take=anime_probes.same_picture),
        Probe(
            name="following_pool", words="a pool that grows with the load", take=anime_probes.following_pool
        ),
        Probe(name="formats", words="formats of the result", take=anime_probes.formats),
    ),
    printed=(
        PrintedCode(
            what="A lambda given to a process pool",
            code="""
from concurrent.futures import ProcessPoolExecutor
import numpy as np

if __name__ == "__main__":
    photos = [np.zeros((30, 40, 3), np.uint8)] * 2
    with ProcessPoolExecutor(2) as pool:
        print(list(pool.map(lambda photo: photo[::-1], photos)))
""",
            changed=(
                "A process pool sends its function by name, and a lambda has no name: the working form "
                "maps a function of a module, and opens the model once in the pool's initializer."
            ),
        ),
    ),
    judge=_judge,
    shown=_shown,
    findings=_findings,
    advice=_advice,
    surprise=_surprise,
)
