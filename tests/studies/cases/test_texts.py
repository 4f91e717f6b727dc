"""Each claim of each case comes from the run: a number that changes in the store changes its sentence."""

from __future__ import annotations

import re

import pytest

from tests.studies.cases.stored_runs import row_of, run_of, said, slower, stored_again
from toolkit.studies import cases
from toolkit.studies.cases.case_run import CaseRun
from toolkit.studies.cases.register import CASES

ART, CPU, GPU, MATTING, ANIME = CASES


def art_workshop() -> CaseRun:
    rows = [
        row_of(ART, "one_by_one", 6.0, is_wrong=True, quality="cv2.stylization is wrong at this size.",
               psnr_db={"stylization": 21.0}),
        row_of(ART, "shrunk_per_request", 2.0, psnr_db={"oil_painting": 24.0}),
        row_of(ART, "shrunk_warm", 1.0, psnr_db={"oil_painting": 24.0}),
        row_of(ART, "shrunk_alone", 1.5),
        row_of(ART, "ours", 0.5),
    ]  # fmt: skip
    settings = {"patience_s": 10.0, "concurrent": [1, 2]}
    facts = {
        "concurrency": {"ours": 2, "ours_slowest_s": {"1": 0.5, "2": 1.0}},
        "process_start": {"workers": 4, "spawn_s": 0.8, "fork_s": 0.01, "after_opencv": "hangs"},
        "cache": {"held": 10, "hits_of_held": 10, "hits_of_two_more": 0, "full_bytes": 1_800_000_000},
    }
    return run_of(ART, rows, settings=settings, facts=facts)


def super_resolution_cpu() -> CaseRun:
    db = {"fsrcnn": 28.8, "fsrcnn_limited": 25.3, "carn_m": 31.9}
    seconds = {
        "edsr_reload": 3.2, "edsr": 2.9, "edsr_threads_1": 5.7, "edsr_threads_2": 3.0, "edsr_openvino": 1.5,
        "fsrcnn": 0.010, "fsrcnn_limited": 0.005, "carn_m": 0.3, "ours_openvino": 0.0045,
    }  # fmt: skip
    rows = [
        row_of(CPU, name, one, psnr_db={"picture": db[name]} if name in db else {})
        for name, one in seconds.items()
    ]
    alike = {"matlab": (28.4, 28.8, 31.9), "opencv": (27.0, 27.9, 26.0)}
    facts = {
        "judged_alike": {
            f"{name}_{how}_db": value
            for how, values in alike.items()
            for name, value in zip(("bicubic", "fsrcnn", "carn_m"), values, strict=True)
        }
        | {"border_px": 3},
        "hashes": {
            "photos": 7, "pairs": 28, "by_edit": {"a_patch_replaced": 7}, "average_hits": 21, "content_hits": 0,
            "average_pair_s": 0.02, "content_pair_s": 0.007,
        },
        "queue": {"accepted": 5, "refused": 0, "answer_s": 7e-6, "last_s": 0.05},
    }  # fmt: skip
    return run_of(CPU, rows, facts=facts)


def super_resolution_gpu() -> CaseRun:
    rows = [
        row_of(GPU, "cpu_reload", 2.0),
        row_of(GPU, "cpu", 1.6),
        row_of(GPU, "printed_colours", 1.7, is_wrong=True),
        row_of(GPU, "cuda_reload", 0.4, card_bytes=1_100_000_000, card_busy_percent=12),
        row_of(GPU, "cuda", 0.02, card_bytes=1_300_000_000, card_busy_percent=88),
        row_of(GPU, "ours_fp16", 0.01, card_bytes=900_000_000, card_busy_percent=80),
    ]
    settings = {"room": 5, "burst": 8, "patience_s": 5.0}
    facts = {
        "queue": {"accepted": 5, "refused": 3, "answer_s": 7e-6, "last_s": 9.9},
        "at_once": {
            "cpu": 2,
            "cpu_slowest_s": {"1": 1.6, "2": 3.2},
            "cuda": "skipped",
            "cuda_reload": "skipped",
        },
    }
    return run_of(GPU, rows, settings=settings, facts=facts)


def matting() -> CaseRun:
    stages = {"read": 0.9, "matting": 2.2, "write": 3.4}
    rows = [
        row_of(MATTING, "one_by_one", 7.0, batch=50, stages_s=stages),
        row_of(MATTING, "queue_and_worker", 4.0, batch=50, stages_s=stages),
        row_of(MATTING, "ours", 5.0, batch=50, stages_s=stages),
    ]
    facts = {
        "damaged_picture": {
            "portraits": 50, "loop_done": 25, "loop_error": "InvalidValue", "batch_done": 49, "batch_failed": 1,
        },
        "kill": {"was_running": True, "kept": 17, "untouched": 17, "made_after": 33, "done": 50, "portraits": 50},
        "quality": {"portraits": 2, "sad": 11.5, "mse": 0.02},
        "presets": {"avatar": {"seconds": 0.07, "format": "JPG", "size_bytes": 105_000}},
    }  # fmt: skip
    return run_of(MATTING, rows, facts=facts)


def anime() -> CaseRun:
    seconds = {
        "processes_1": 0.2, "threads": 0.12, "event_loop": 0.11, "processes_2": 0.1, "processes_4": 0.11,
        "pool_per_request": 1.9, "mini_batch": 0.18, "dynamic_int8": 0.19, "int8": 0.09, "ours_openvino": 0.07,
    }  # fmt: skip
    facts = {
        "dynamic_int8": {"replaced": 0, "layers": 90, "linear": 0, "convolutions": 25},
        "same_picture": {"max_abs": 0},
        "following_pool": {
            "most": 4, "after_one": 1, "after_burst": 4, "first_s": 1.4, "first_burst_s": 0.27, "second_burst_s": 0.2,
        },
        "formats": {
            "PNG level 6": {"encode_s": 0.001, "size_bytes": 9300, "psnr_db": None},
            "WebP, quality 85": {"encode_s": 0.0006, "size_bytes": 910, "psnr_db": 36.0},
        },
    }  # fmt: skip
    rows = [row_of(ANIME, name, one, batch=4) for name, one in seconds.items()]
    return run_of(ANIME, rows, settings={"workers": [1, 2, 4]}, facts=facts)


RUNS = dict(
    zip(CASES, (art_workshop, super_resolution_cpu, super_resolution_gpu, matting, anime), strict=True)
)

# Case, the change in the store, what the page says before, and what it says after.
CHANGES = [
    (ART, lambda rows, plain: slower(rows["ours"], 30), "12.0 x faster", "2.50 x slower"),
    (ART, lambda rows, plain: slower(rows["ours"], 24), "Keep the full size", "keep OpenCV"),
    (ART, lambda rows, plain: slower(rows["shrunk_warm"], 4), "keep a pool of processes", "use no pool"),
    (ART, lambda rows, plain: rows["one_by_one"]["psnr_db"].update(stylization=19.0), "21.0 dB", "19.0 dB"),
    (ART, lambda rows, plain: plain["facts"]["process_start"].update(after_opencv="answers"), "it hangs", "it answers"),
    (CPU, lambda rows, plain: slower(rows["edsr_threads_2"], 4), "1.90 x faster", "2.11 x slower"),
    (CPU, lambda rows, plain: slower(rows["edsr_threads_2"], 0.5), "47 % (", "74 % ("),
    (CPU, lambda rows, plain: slower(rows["ours_openvino"], 4), "Use Atelier: FSRCNN on openvino", "1.80 x slower"),
    (CPU, lambda rows, plain: rows["carn_m"]["psnr_db"].update(picture=29.3), "3.1 dB more PSNR", "0.5 dB more PSNR"),
    (CPU, lambda rows, plain: plain["facts"]["judged_alike"].update(carn_m_opencv_db=27.5), "loses 1.0", "gains 0.5"),
    (CPU, lambda rows, plain: plain["facts"]["hashes"].update(average_hits=3), "21 have the 16", "3 have the 16"),
    (GPU, lambda rows, plain: slower(rows["cuda"], 100), "20.0 x faster", "5.00 x slower"),
    (GPU, lambda rows, plain: rows["cuda"].update(card_busy_percent=42), "88 % of the time busy", "42 % of the time"),
    (GPU, lambda rows, plain: rows["cuda_reload"].update(card_bytes=2_200_000_000), "1.1 GB and", "2.2 GB and"),
    (GPU, lambda rows, plain: rows["printed_colours"].update(is_wrong=False), "swaps red and blue", "that agrees"),
    (GPU, lambda rows, plain: plain["facts"]["queue"].update(refused=4), "3 are refused", "4 are refused"),
    (MATTING, lambda rows, plain: slower(rows["ours"], 0.5), "pipeline is fast enough", "it makes 20"),
    (MATTING, lambda rows, plain: slower(rows["queue_and_worker"], 3), "1.75 x faster", "1.71 x slower"),
    (MATTING, lambda rows, plain: rows["one_by_one"]["stages_s"].update(matting=9.0), "write is,", "network takes"),
    (MATTING, lambda rows, plain: plain["facts"]["kill"].update(untouched=1), "left 17 of the", "left 1 of the"),
    (ANIME, lambda rows, plain: slower(rows["ours_openvino"], 9), "2.86 x faster", "3.15 x slower"),
    (ANIME, lambda rows, plain: slower(rows["dynamic_int8"], 0.5), "5.3 % (", "111 % ("),
    (ANIME, lambda rows, plain: slower(rows["pool_per_request"], 0.01), "17.3 x slower", "5.79 x faster"),
    (ANIME, lambda rows, plain: plain["facts"]["dynamic_int8"].update(replaced=3), "replaces 0 of", "replaces 3 of"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "change", "before", "after"), CHANGES)
def test_a_number_that_changes_in_the_store_changes_its_sentence(tmp_path, case, change, before, after):
    run = RUNS[case]()
    assert before in said(run) and after not in said(run)
    assert after in said(stored_again(run, tmp_path, change))


@pytest.mark.parametrize("case", CASES)
def test_without_an_interval_nothing_is_called_faster(tmp_path, case):
    def noisy(rows, plain):
        for number, row in enumerate(rows.values()):
            for turn, block in enumerate(row["blocks"]):
                block["samples_s"] = [(1.0, 40.0, 7.0)[(turn + number) % 3] ** (1 + number / 7)]

    text = said(stored_again(RUNS[case](), tmp_path, noisy))
    assert not re.search(r"\d x (faster|slower)|x [\d.]+ as fast", text)
    assert "CAN'T TELL" in text or "no difference in speed" in text.lower()


@pytest.mark.parametrize("case", CASES)
def test_every_row_without_a_time_says_why(case):
    run = run_of(case, [row_of(case, row.name, None) for row in RUNS[case]().rows])
    assert "No card." in str(cases.procedures_table(run))
    assert "No card." in str(cases.verdict_sentences(run))
    assert "not measured on this machine" in "".join(card.title for card in cases.case_screen(run).cards)
