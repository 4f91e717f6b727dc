"""Does the history find what changed, and nothing else, and does a year of runs open at once?

``python -m benchmarks.history`` prints five parts: simulated series with known changes, beside Apache Otava at its
defaults (in a virtual environment that this program makes); a store with a year of nightly runs; the page of all
reports with 400 runs in Chromium; a report every minute that is killed in its fourth run; and 24 live runs of a plug-in
that gets slower at the 19th. ``--short`` has fewer of the first three, and none of the others.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from benchmarks import history_live, history_page, history_schedule, history_series, history_store
from toolkit.core import units

ROOT = Path(__file__).resolve().parents[1]
OTAVA = ROOT / "build" / "otava"
MOST_FALSE, LEAST_STEPS, LEAST_DRIFTS = 1.0, 0.90, 0.90
MOST_OPEN_S = 0.5


def simulated_part(n_series: int, *, with_otava: bool) -> bool:
    """The table of simulated series; whether our rule is within its limits."""
    series = history_series.simulated(n_series)
    started = time.perf_counter()
    mine = history_series.ours(series)
    took_s = time.perf_counter() - started
    print(
        f"Simulated: {n_series} stationary series, as many with a step of 5 %, as many with a drift of 0.5 % a run"
    )
    print(
        f"{'':34}{'false alerts':>14}{'steps found':>13}{'early steps':>13}{'drifts found':>14}{'steps dated':>13}"
    )
    print(f"{'':34}{'in 1000 runs':>14}{'in 6 runs':>13}{'in 6 runs':>13}{'in 20 runs':>14}{'to 1 run':>13}")
    _print_rates("Atelier, each run in its night", mine)
    if with_otava:
        found = _otava(history_series.cut(series))
        _print_rates("Apache Otava, the whole series", history_series.of_found(series, found))
    print(
        f"({units.seconds(took_s)} for ours; the limits: {MOST_FALSE:g}, 90 %, 90 %; early: after two weeks)\n"
    )
    return (
        mine.false_per_1000 <= MOST_FALSE
        and mine.steps_found >= LEAST_STEPS
        and mine.drifts_found >= LEAST_DRIFTS
    )


def _print_rates(name: str, rates: history_series.Rates) -> None:
    shares = f"{rates.steps_found:>13.1%}{rates.early_found:>13.1%}{rates.drifts_found:>14.1%}"
    shares += f"{rates.steps_dated:>13.1%}"
    print(f"{name:34}{rates.false_per_1000:>14.2f}{shares}")


def _otava(cut: dict[str, list[list[float]]]) -> dict[str, list[list[int]]]:
    """Change points by Otava, in an environment of its own: its pinned versions conflict with ours."""
    python = OTAVA / "bin" / "python"
    if not (OTAVA / ".ready").exists():
        print(f"(making {OTAVA.relative_to(ROOT)} with apache-otava ...)")
        venv.create(OTAVA, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "apache-otava"], check=True)
        (OTAVA / ".ready").touch()
    program = Path(__file__).with_name("otava_points.py")
    done = subprocess.run(
        [python, str(program)], input=json.dumps(cut), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def store_part(folder: Path, *, runs: int, trials: int) -> bool:
    """Times of the command on a store with a year of runs; whether it opens within its limit."""
    path = folder / "year.sqlite"
    built_s = history_store.build(path, runs=runs, trials=trials)
    size = units.byte_count(path.stat().st_size)
    print(f"A store with {runs} runs of {trials} trials: {size}, made in {units.seconds(built_s)}")
    first_s, later_s, night_s = history_store.open_times(path)
    print(f"  atelier history, the first time (judges every run once):  {units.seconds(first_s)}")
    print(f"  atelier history, again:                                    {units.seconds(later_s)}")
    print(f"  atelier history, after one more night of every trial:      {units.seconds(night_s)}")
    samples = folder / "samples.sqlite"
    history_store.build(samples, runs=runs // 3, trials=trials // 10, calls=200)
    print(f"  atelier results prune, {runs // 3} runs of {trials // 10} trials with 600 samples each:")
    print(f"    {history_store.prune_sizes(samples)}")
    print(f"(the limit is {units.seconds(MOST_OPEN_S)})\n")
    return later_s <= MOST_OPEN_S


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="fewer series, runs and trials; nothing live")
    parser.add_argument(
        "--only", choices=("simulated", "store", "page", "schedule", "live"), help="one part alone"
    )
    args = parser.parse_args()
    short, only = args.short, args.only
    holds = True
    if only in (None, "simulated"):
        holds &= simulated_part(100 if short else 1000, with_otava=not short)
    with tempfile.TemporaryDirectory() as folder:
        if only in (None, "store"):
            holds &= store_part(Path(folder), runs=60 if short else 400, trials=40 if short else 300)
        if only in (None, "page"):
            holds &= history_page.page_part(Path(folder), runs=60 if short else 400)
        if only == "schedule" or not (short or only):
            holds &= history_schedule.schedule_part(Path(folder))
        if only == "live" or not (short or only):
            holds &= history_live.live_part(Path(folder))
    print("Every limit holds." if holds else "A LIMIT IS BROKEN.")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
