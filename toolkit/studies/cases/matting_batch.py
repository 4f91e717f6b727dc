"""Case 4: matting portraits one by one, in a pipeline of queue, worker and file threads, and with `atelier batch`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from toolkit.core import units
from toolkit.images.image import Image, load
from toolkit.machine.hardware import allowed_cpus
from toolkit.studies.cases import matting_probes, matting_procedures
from toolkit.studies.cases.against_reference import judged_against
from toolkit.studies.cases.case import Case, Judged, Pictures
from toolkit.studies.cases.case_run import CaseRun
from toolkit.studies.cases.printed_code import PrintedCode
from toolkit.studies.cases.procedure import OURS, Probe, Procedure, Settings
from toolkit.studies.cases.steps import compared, factor_or_none

_SHOWN_PX = 360


def _size(settings: Settings) -> str:
    count = units.counted(settings["count"], "portrait")
    trained = matting_procedures.model_of(settings).weights_text
    return f"{count} of {settings['width']} x {settings['height']} px, {settings['model']}, {trained}"


def _count(settings: Settings) -> int:
    return int(settings["count"])


def _missing(settings: Settings) -> str:
    return matting_procedures.model_of(settings).missing()


def _judge(settings: Settings, pictures: Pictures) -> Mapping[str, Judged]:
    note = "untrained" if matting_procedures.model_of(settings).is_untrained else ""
    return judged_against("one_by_one", pictures, note=note)


def _shown(settings: Settings, pictures: Pictures, run: CaseRun) -> Mapping[str, Image]:
    """A portrait, its matte by each procedure, and the portrait processed with each of three presets."""
    if not pictures:
        return {}
    first = matting_procedures.files_of(settings)[0]
    photo = load(first)
    note = ", untrained" if matting_procedures.model_of(settings).is_untrained else ""
    shown = {"a portrait": photo}
    for name, what in (("one_by_one", "matte, one by one"), ("ours", "matte, atelier batch")):
        matte = pictures.get(name, {}).get(first.stem)
        if matte is not None:
            row = run.row(name)
            worst = "equal" if row.worst_psnr_db is None else units.decibels(row.worst_psnr_db)
            shown[f"{what}{note}\n{'the reference' if name == 'one_by_one' else worst}"] = matte
    for name in matting_probes.PRESETS:
        shown[f"preset {name}{note}"] = matting_probes.apply_preset(settings, photo, name)
    return {caption: _small(picture) for caption, picture in shown.items()}


def _small(picture: Image) -> Image:
    import cv2

    factor = _SHOWN_PX / max(picture.shape[:2])
    if factor >= 1:
        return picture
    size = (round(picture.shape[1] * factor), round(picture.shape[0] * factor))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return small if small.ndim == 3 else small[..., None]


def _use(run: CaseRun, name: str) -> str:
    return units.percent(run.row(name).busy_cpus / run.machine["cpu"]["allowed"])


def _findings(run: CaseRun) -> Sequence[tuple[str, str]]:
    said = []
    if step := compared(run, "queue_and_worker", "ours"):
        said.append(("Processes compared with the article's pipeline", step.sentence))
    if run.is_timed("one_by_one"):
        row = run.row("one_by_one")
        total_s = sum(row.stages_s.values())
        parts = [f"{stage} {units.percent(seconds / total_s)}" for stage, seconds in row.stages_s.items()]
        said.append(
            (
                "The largest speed-up that a pipeline can have",
                "with the procedure 'one by one', the time of a portrait has these shares: "
                f"{', '.join(parts)}. A pipeline with one worker is at best as fast as its longest stage, so its "
                "largest possible speed-up is x "
                f"{units.number(total_s / max(row.stages_s.values()))}.",
            )
        )
    if run.is_timed("one_by_one", "queue_and_worker"):
        said.append(
            (
                "Use of the processors",
                f"of {run.machine['cpu']['allowed']} processors, the procedure 'one by one' keeps "
                f"{_use(run, 'one_by_one')} busy, and the article's pipeline {_use(run, 'queue_and_worker')}.",
            )
        )
    return [*said, *_damaged(run), *_killed(run), *_quality(run), *_presets(run)]


def _damaged(run: CaseRun) -> Sequence[tuple[str, str]]:
    fact = partial(run.fact, "damaged_picture")
    if (count := fact("portraits")) is None:
        return []
    return [
        (
            "A damaged portrait in the middle of the folder",
            f"a plain loop over the folder stops with {fact('loop_error') or 'no error'} after "
            f"{fact('loop_done')} of {count} results; atelier batch makes {fact('batch_done')} results and "
            f"names the portraits that failed ({fact('batch_failed')}).",
        )
    ]


def _killed(run: CaseRun) -> Sequence[tuple[str, str]]:
    fact = partial(run.fact, "kill")
    if (count := fact("portraits")) is None:
        return []
    when = "in the middle of the batch" if fact("was_running") else "after the batch had ended"
    return [
        (
            "A batch killed before its end",
            f"atelier batch was killed {when}, with {fact('kept')} of {count} results. The same command, run again, "
            f"made {fact('made_after')} results, left {fact('untouched')} of the first {fact('kept')} unchanged, and "
            f"ended with {fact('done')} results.",
        )
    ]


def _quality(run: CaseRun) -> Sequence[tuple[str, str]]:
    fact = partial(run.fact, "quality")
    if not fact("portraits"):
        said = (
            "no portrait of this run has a ground-truth matte; to judge the mattes, name a folder that holds"
        )
        return [("Quality of the mattes", f"{said} NAME_alpha.png files: -p portraits FOLDER.")]
    return [
        (
            "Quality of the mattes",
            "mean errors against the ground-truth mattes of "
            f"{units.counted(fact('portraits'), 'portrait')}: SAD {units.number(fact('sad'))}, MSE "
            f"{units.number(fact('mse'))} ({run.row('one_by_one').size.rpartition('px, ')[2]}).",
        )
    ]


def _presets(run: CaseRun) -> Sequence[tuple[str, str]]:
    found = run.facts.get("presets", {})
    if not found:
        return []
    parts = [
        f"{name}{_options_text(one)} {units.seconds(one['seconds'])}, {one['format']} of "
        f"{units.byte_count(one['size_bytes'])}"
        for name, one in found.items()
    ]
    once = "Each time is for one portrait, was measured only once, and includes opening the network."
    return [("The three presets of the article", f"{'; '.join(parts)}. {once}")]


def _options_text(preset: Mapping[str, Any]) -> str:
    options = preset.get("options", {})
    return f" ({', '.join(f'{name} {value}' for name, value in options.items())})" if options else ""


def _advice(run: CaseRun) -> str:
    pipeline = factor_or_none(compared(run, "one_by_one", "queue_and_worker"))
    ours = factor_or_none(compared(run, "one_by_one", "ours"))
    against = factor_or_none(compared(run, "queue_and_worker", "ours"))
    said = []
    if ours and ours.value > 1 and (against is None or against.value > 1):
        rate = run.row("ours").batch / run.row("ours").time.value
        kept = run.fact("kill", "kept")
        safe = (
            ", and loses no result if the process is killed"
            if kept and run.fact("kill", "untouched") == kept
            else ""
        )
        said.append(
            f"Use atelier batch: it makes {units.number(rate)} portraits/s ({run.row('ours').size}){safe}."
        )
    elif pipeline and pipeline.value > 1:
        said.append(
            f"The article's pipeline is fast enough: {units.ratio(pipeline.value)} as fast as the procedure "
            "'one by one'. Use atelier batch if no result may be lost when a portrait is damaged or the "
            "process is killed."
        )
    else:
        said.append(
            "No procedure is clearly faster than 'one by one' on this machine: use atelier batch because it records "
            "which files are done, not for speed."
        )
    return " ".join(said)


def _surprise(run: CaseRun) -> str:
    if not run.is_timed("one_by_one"):
        return "the procedure 'one by one' was not timed on this machine."
    stages = run.row("one_by_one").stages_s
    longest = max(stages, key=lambda name: stages[name])
    share = units.percent(stages[longest] / sum(stages.values()))
    if longest == "matting":
        return (
            f"the network takes {share} of a portrait's time, so a pipeline that reads and writes at the same time "
            "can save only the rest of this time."
        )
    return f"the network is not the longest stage of a portrait: {longest} is, with {share} of the time."


CASE = Case(
    name="4_matting_batch",
    title="Matting a folder of portraits",
    procedures=(
        Procedure(
            name="one_by_one",
            words="one by one: read, matte, write",
            opened=matting_procedures.one_by_one,
            is_steady=True,
            size=_size,
            batch=_count,
            missing=_missing,
        ),
        Procedure(
            name="queue_and_worker",
            words="queue, one worker, reading and writing in threads",
            opened=matting_procedures.queue_and_worker,
            is_steady=True,
            against="one_by_one",
            size=_size,
            batch=_count,
            missing=_missing,
        ),
        Procedure(
            name="ours",
            words=f"Atelier: atelier batch with {units.workers_text(allowed_cpus())}, their start included",
            opened=matting_procedures.ours,
            origin=OURS,
            against="one_by_one",
            size=_size,
            batch=_count,
            missing=_missing,
        ),
    ),
    probes=(
        Probe(
            name="damaged_picture",
            words="a damaged portrait",
            take=matting_probes.damaged_picture,
            missing=_missing,
        ),
        Probe(name="kill", words="a batch killed before its end", take=matting_probes.kill, missing=_missing),
        Probe(name="quality", words="quality of the mattes", take=matting_probes.quality, missing=_missing),
        Probe(name="presets", words="the three presets", take=matting_probes.presets, missing=_missing),
    ),
    printed=(
        PrintedCode(
            what="A lambda given to a pool that reads files",
            code="""
from concurrent.futures import ProcessPoolExecutor
import os

if __name__ == "__main__":
    with ProcessPoolExecutor(2) as pool:
        print(list(pool.map(lambda name: os.path.getsize(name), [__file__])))
""",
            changed=(
                "A process pool sends its function by name, and a lambda has no name: working code "
                "reads and writes in threads, which share the network of one worker."
            ),
        ),
    ),
    judge=_judge,
    shown=_shown,
    findings=_findings,
    advice=_advice,
    surprise=_surprise,
)
