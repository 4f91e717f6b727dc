"""Tests mirror the package: ``toolkit/<path>/<file>.py`` has ``tests/<path>/test_<file>.py``."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Modules without a file of their own: the tests that cover them, and why those.
COVERED_ELSEWHERE = {
    "apps/widgets/test_tuner.py": (
        "a tuner is driven with its processes",
        "apps/widgets/live_tuner apps/widgets/tuner_state apps/widgets/tries "
        "apps/widgets/copied_code apps/widgets/settings apps/widgets/saved_presets "
        "apps/widgets/before apps/widgets/background apps/widgets/costs apps/widgets/measuring "
        "workers/live_process workers/live_worker",
    ),
    "apps/widgets/test_page.py": (
        "the page shows the visible part of a picture",
        "apps/widgets/page_state apps/widgets/views apps/widgets/visible",
    ),
    "studies/tune/test_configuration.py": (
        "a configuration is run after it is read",
        "studies/tune/configured",
    ),
    "studies/tune/test_hunt.py": (
        "a search is replayed as a whole",
        "studies/tune/search studies/tune/world studies/tune/found",
    ),
    "studies/tune/test_space.py": ("the cells of an objective", "studies/tune/objective"),
    "studies/tune/test_study.py": (
        "a study is searched, answered and verified on this machine",
        "studies/tune/live studies/tune/outcome studies/tune/answers studies/tune/verify studies/tune/screen "
        "studies/tune/cells_table",
    ),
    "contracts/test_executors.py": (
        "one set of checks for every executor",
        "workers/executor workers/item workers/executors/inline workers/executors/threads "
        "workers/executors/asyncio_threads "
        "workers/executors/processes workers/executors/process_per_job workers/executors/micro_batch "
        "workers/executors/dask workers/executors/celery "
        "workers/local_pool workers/slot_pool workers/slot workers/slot_process workers/picture_job "
        "workers/array_file",
    ),
    "studies/gate/test_gate.py": (
        "a gate is run by its command in a repository",
        "studies/gate/baseline studies/gate/sides studies/gate/stored bench/side apps/cli/gate",
    ),
    "apps/cli/test_bench.py": ("the winner is printed by the command", "apps/cli/bench_winners"),
    "studies/gate/test_ab.py": ("the command prints what the study measures", "apps/cli/ab"),
    "jobs/test_batch.py": (
        "a batch is run from its listing to its summary",
        "jobs/batch_plan jobs/batch_run jobs/batch_summary jobs/listing jobs/folder_lock jobs/archive",
    ),
    "jobs/test_queue.py": (
        "a queue keeps what was asked and tells about it",
        "jobs/asked jobs/job_news jobs/service_ledger",
    ),
    "jobs/test_dispatcher.py": ("a pool of that size runs the jobs", "jobs/pool_size"),
    "apps/service/test_app.py": (
        "a client sees the whole service through its answers",
        "apps/service/about_routes apps/service/answers apps/service/catalogue apps/service/events "
        "apps/service/job_routes apps/service/submit_route apps/service/metrics apps/service/problems "
        "apps/service/results apps/service/uploads",
    ),
    "apps/service/test_server.py": (
        "a service is started, filled, killed and ended by its command",
        "apps/cli/serve apps/service/engine apps/service/gate apps/service/settings apps/service/slow_clients "
        "apps/service/watch",
    ),
    "jobs/test_ledger.py": ("a job is a row of the ledger", "jobs/job"),
    "results/store/test_store_file.py": ("the store is such a file", "core/sqlite_files"),
    "workers/test_worker.py": ("the worker answers commands", "workers/commands"),
    "contracts/test_backends.py": ("one set of checks for every backend", "contracts/backend"),
    "kernels/test_reference.py": (
        "every compiled kernel is compared with the float64 reference",
        "kernels/color_spaces kernels/numba/detail_enhance kernels/numba/domain_transform "
        "kernels/numba/edge_preserving kernels/numba/lanes kernels/numba/normalised_convolution "
        "kernels/numba/pencil_sketch kernels/numba/recursive_filter kernels/numba/style kernels/numba/styles_together",
    ),
    "nets/test_architectures.py": (
        "one set of checks for every architecture",
        "nets/animegan nets/carn nets/espcn nets/fsrcnn nets/signal",
    ),
    "contracts/test_trial.py": (
        "a trial is written by its keys",
        "contracts/trial_keys",
    ),
    "contracts/test_operation.py": (
        "an operation builds its kernel and has tolerances",
        "contracts/kernel contracts/tolerance",
    ),
    "contracts/test_fingerprint.py": ("the fingerprint names the versions", "machine/versions"),
    "bench/test_measure.py": ("a measurement follows its plan", "bench/plan"),
    "apps/cli/test_main.py": (
        "every command is started through them",
        "__main__ apps/cli/output apps/cli/shared_options",
    ),
    "apps/report/test_run.py": (
        "a report is published by running a notebook",
        "apps/report/execution apps/report/reports_folder studies/run_record",
    ),
    "results/rows/test_summarising.py": (
        "a summary is made by summarising",
        "results/rows/summary results/rows/report_numbers results/store/latency",
    ),
    "results/tables/test_measurements.py": (
        "the main table shows every kind of cell, column and setting",
        "results/rows/settings results/tables/columns",
    ),
    "apps/cli/test_capacity.py": (
        "a plan is printed by atelier capacity",
        "results/sentences/capacity results/tables/capacity studies/capacity",
    ),
    "apps/cli/test_results.py": ("the table is printed by results show", "results/tables/history"),
    "studies/load/test_run.py": ("each test speaks with a service", "studies/load/adapters"),
    "results/rows/test_load_test.py": (
        "a capacity and sentences are read from such rows",
        "results/rows/load_capacity results/sentences/load_test",
    ),
    "apps/service/test_comparison.py": (
        "services are started, loaded and shown side by side",
        "apps/service/published apps/service/comparison_screen results/tables/load_capacities",
    ),
    "analysis/test_change_points.py": (
        "changes are judged against baselines",
        "analysis/change_point analysis/run_baselines",
    ),
    "results/history/test_judged.py": (
        "a store's history is read as series, changes and alerts",
        "results/history/alerts results/history/causes results/history/judging results/history/runs "
        "results/history/series",
    ),
    "apps/cli/test_history.py": (
        "the table is printed by atelier history",
        "results/history/sparkline results/tables/series",
    ),
    "results/rows/test_machines.py": (
        "the tables and sentences are made of these rows",
        "results/tables/machines results/sentences/machines",
    ),
    "notebooks/test_notebooks.py": (
        "notebooks show them: the history, and the cases at preset smoke",
        "results/first_screen/history studies/cases/anime_multicore studies/cases/anime_probes "
        "studies/cases/anime_procedures "
        "studies/cases/against_reference studies/cases/matting_batch studies/cases/matting_probes "
        "studies/cases/matting_procedures "
        "studies/cases/super_resolution_cpu studies/cases/super_resolution_gpu "
        "studies/cases/super_resolution_judging studies/cases/super_resolution_procedures",
    ),
    "results/plots/test_load_tests.py": ("plots and table show the same tests", "results/tables/load_tests"),
    "results/tables/test_shrinking.py": ("the table is drawn from these rows", "results/rows/shrinking"),
    "results/sentences/test_conclusions.py": (
        "the conclusions are made of these phrases",
        "results/sentences/phrases",
    ),
    "results/first_screen/test_ways.py": ("the cards are made of these words", "results/first_screen/words"),
    "studies/test_compare.py": (
        "a comparison is read as sentences",
        "studies/trust/workload",
    ),
    "studies/test_collection.py": (
        "runs are fresh, and go on, by collecting",
        "results/store/rounds studies/fresh",
    ),
    "studies/test_batch_screen.py": ("the screen shows a batch of these folders", "studies/batch_folders"),
    "workers/test_chunk_pool.py": (
        "chunks run in slots on the workers",
        "workers/dask_slot workers/client_slots workers/travelling",
    ),
    "workers/test_fenced_pool.py": (
        "items travel through a queue to workers and back",
        "workers/fence workers/packed workers/celery_queue workers/celery_worker workers/celery_host",
    ),
    "studies/test_cluster_sweep.py": (
        "trials travel to machines and come back measured",
        "bench/elsewhere studies/carried_trial workers/measuring_slots",
    ),
    "studies/cases/test_case_run.py": (
        "every text, table and plot of a page is made from a stored run",
        "studies/cases/answer_screen studies/cases/page_parts studies/cases/plots studies/cases/printed_code "
        "studies/cases/published_figures studies/cases/steps studies/cases/tables studies/cases/anime_law "
        "studies/cases/register",
    ),
    "studies/cases/test_texts.py": (
        "each case's sentences change with its stored run",
        "studies/cases/anime_multicore_texts studies/cases/art_workshop_texts studies/cases/super_resolution_cpu_texts "
        "studies/cases/super_resolution_gpu_texts",
    ),
    "studies/cases/test_measuring.py": (
        "a case is measured by running its procedures and probes in processes",
        "studies/cases/art_probes studies/cases/art_procedures studies/cases/art_workshop studies/cases/case "
        "studies/cases/fresh_process studies/cases/photos_of_case studies/cases/procedure",
    ),
    "studies/trust/test_calibrate.py": (
        "a calibration is stored by calibrating",
        "results/store/calibration",
    ),
}
# Every plug-in is checked by tests/contracts, which find it by itself: adding one touches one file.
_PLUG_INS = ("ops/", "backends/")
_COVERED = {module for _, modules in COVERED_ELSEWHERE.values() for module in modules.split()}
_MODULES = sorted(
    file.relative_to(ROOT / "toolkit").with_suffix("").as_posix()
    for file in (ROOT / "toolkit").rglob("*.py")
    if file.name != "__init__.py" and not file.relative_to(ROOT / "toolkit").as_posix().startswith(_PLUG_INS)
)


def _own_test(module: str) -> Path:
    path = ROOT / "tests" / module
    return path.with_name(f"test_{path.name.lstrip('_')}.py")


@pytest.mark.parametrize("module", _MODULES)
def test_a_module_has_a_test_file(module: str) -> None:
    assert _own_test(module).is_file() != (module in _COVERED)


@pytest.mark.parametrize("file", COVERED_ELSEWHERE)
def test_what_covers_other_modules_is_there(file: str) -> None:
    _, modules = COVERED_ELSEWHERE[file]
    assert (ROOT / "tests" / file).is_file()
    assert set(modules.split()) <= set(_MODULES)


def test_every_test_file_tests_something() -> None:
    empty = [
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "tests").rglob("test_*.py")
        if "def test_" not in file.read_text(encoding="utf-8")
    ]
    assert empty == []
