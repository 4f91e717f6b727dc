import dataclasses
import json
from pathlib import Path

import pytest

from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.measurement import STAGES, Agreement, Block, Measurement, WorkerRun
from toolkit.core.errors import InvalidValue
from toolkit.machine.memory import Memory

TRIAL = make_trial("oil_painting", "opencv", size=(64, 48), steps=(("fit_side", {"side": 20}),))


def run(*samples_s: float) -> WorkerRun:
    return WorkerRun(
        stages_s={"spawn": 0.1, "first": 0.2},
        starts_s=tuple(float(i) for i in range(len(samples_s))),
        samples_s=samples_s,
        cpu_s=0.5,
        involuntary_switches=3,
        run_delay_s=None,
        observed={"threads": 1, "device": "cpu"},
        outputs={"coffee": ["abc"]},
    )


FULL = Measurement(
    trial=TRIAL,
    status="failed",
    cause="disagreed",
    note="a sentence",
    blocks=(
        Block(
            round=0,
            started="2026-01-01T00:00:00+00:00",
            workers=(run(0.1, 1 / 3), run(2e-7)),
            suspect=("busy", "hot"),
        ),
        Block(
            round=1,
            started="2026-01-01T00:00:01+00:00",
            workers=(run(0.3),),
            noise={"load": None},
            suspect=("hot", "slow"),
        ),
    ),
    memory=Memory(pss_peak_bytes=None, rss_peak_bytes=2**40, idle_bytes=5, processes=2),
    agreement=Agreement(
        agrees=False, max_abs=9, mean_abs=0.5, beyond_share=0.25, psnr_db=None, ssim=0.9, reference="opencv"
    ),
    quality={"psnr_db": 31.5, "ssim": 0.9},
    input_note="cropped",
    environment_id="0123456789ab",
    fingerprint={"cpu": {"model": "x"}},
    provenance={"commit": ""},
)
BARE = Measurement(trial=TRIAL, status="skipped", cause="unavailable", note="no")


@pytest.mark.parametrize("answer", [FULL, BARE], ids=["full", "bare"])
def test_json_there_and_back_is_the_same_value(answer):
    back = Measurement.from_dict(json.loads(json.dumps(answer.to_dict(), allow_nan=False)))
    assert back == answer
    assert back.key == answer.key
    assert back.to_dict() == answer.to_dict()


def test_a_row_of_an_earlier_version_gets_the_names_of_today():
    """That version stored the stage `photos` as "load", and the stage `load` as "build"."""
    plain = json.loads(Path(__file__).with_name("measurement_of_8dd1d40.json").read_text())
    stored_s = plain["blocks"][0]["workers"][0]["stages_s"]
    answer = Measurement.from_dict(plain)
    stages_s = answer.blocks[0].workers[0].stages_s
    assert set(stages_s) == set(STAGES)
    assert (stages_s["photos"], stages_s["load"]) == (stored_s["load"], stored_s["build"])
    assert all(stages_s[stage] == stored_s[stage] for stage in ("spawn", "import", "first"))
    assert Measurement.from_dict(json.loads(json.dumps(answer.to_dict()))) == answer


def test_a_copy_does_not_share_its_lists():
    plain = FULL.to_dict()
    plain["quality"]["psnr_db"] = 0
    assert FULL.quality["psnr_db"] == 31.5


def test_samples_are_one_list_a_process():
    assert FULL.samples_s == [[0.1, 1 / 3], [2e-7], [0.3]]
    assert BARE.samples_s == []


def test_doubts_are_named_once_in_order():
    assert FULL.suspect == ("busy", "hot", "slow")


def test_the_key_is_the_question_and_the_environment_alone():
    assert (
        dataclasses.replace(FULL, note="other", provenance={}, blocks=(), status="ok", cause="").key
        == FULL.key
    )
    assert dataclasses.replace(FULL, environment_id="other").key != FULL.key
    assert dataclasses.replace(FULL, trial=TRIAL.with_(workers=2)).key != FULL.key


@pytest.mark.parametrize(
    ("status", "cause", "settled"), [("ok", "", True), ("failed", "raised", True), ("failed", "died", False)]
)
def test_what_would_be_the_same_again_is_settled(status, cause, settled):
    memory = FULL.memory if status == "ok" else None
    assert dataclasses.replace(BARE, status=status, cause=cause, memory=memory).is_settled is settled


def test_a_right_picture_whose_memory_was_not_measured_is_not_settled():
    assert not dataclasses.replace(BARE, status="ok", cause="", memory=None).is_settled


@pytest.mark.parametrize(
    ("status", "cause", "word"),
    [
        ("done", "", "status"),
        ("failed", "slow", "cause"),
        ("ok", "raised", "cause"),
        ("failed", "", "cause"),
        ("skipped", "died", "cause"),
    ],
)
def test_an_unknown_or_unfitting_status_or_cause_is_refused(status, cause, word):
    with pytest.raises(InvalidValue, match=word):
        dataclasses.replace(BARE, status=status, cause=cause)
