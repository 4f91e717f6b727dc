"""The demo and every notebook at its defaults on a busy machine: time, rows, and whether the page says so.

Run: ``make bench-busy`` (two hours; ``SHORT=1``: 15 minutes), or ``python -m benchmarks.busy [NAME ...]``. Endless
loops keep half of the processors busy, one of two. Each notebook runs once, with a store of its own, and must end with
every row within twice the time that the README states; if it has measured rows, its page must say that the machine was
busy. Then Chromium opens each page (see ``benchmarks/report_pages.py``). Exits with 1 if a check fails.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report_pages import pages_hold
from toolkit.core import units
from toolkit.machine.hardware import allowed_cpus

ROOT = Path(__file__).resolve().parents[1]
DEMO = "demo"
SHORT = ("05_trust", "10_resolution", "60_batch", "70_tune", "90_history")
TIMES_STATED = 2.0
_ROW = re.compile(r"^\| \[(\w+)\]\(notebooks/\w+\.ipynb\) \|.*\| (.*) \|$", re.MULTILINE)
_SECONDS = {"s": 1.0, "min": 60.0, "minutes": 60.0}
_BUSY = re.compile(r"busy machine|\d+ of \d+ rows disturbed")
"""What the first screen says of a machine that was busy during all rows, or during some of them."""


@dataclass(frozen=True)
class Run:
    """One run of a notebook beside the loops."""

    name: str
    stated_s: float
    took_s: float
    n_asked: int
    n_missing: int
    says_busy: bool
    page: Path

    @property
    def holds(self) -> bool:
        """Whether the run was complete and in time, and said that the machine was busy."""
        in_time = self.took_s <= TIMES_STATED * self.stated_s
        return in_time and not self.n_missing and (self.says_busy or not self.n_asked)


def stated_s(readme: str) -> dict[str, float]:
    """The time that the README states for each notebook at its defaults, and for the demo, s.

    >>> row = "| [10_resolution](notebooks/10_resolution.ipynb) | how time grows | 3 min; `-f fast` 30 s |"
    >>> stated_s(row)
    {'10_resolution': 180.0}
    """
    found = {}
    for name, text in _ROW.findall(readme):
        amount, unit = text.partition(";")[0].split()[:2]
        found[name] = float(amount) * _SECONDS[unit]
        quick = re.search(r"`-f quick` (\d+) (\w+)", text)
        if quick:
            found[DEMO] = float(quick[1]) * _SECONDS[quick[2]]
    return found


@contextmanager
def busy_loops() -> Iterator[int]:
    """Keep half of the processors busy, at least one; yields how many."""
    count = max(1, allowed_cpus() // 2)
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield count
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def run(name: str, *, home: Path, stated: float) -> Run:
    """Run a notebook at its defaults, or the demo as ``make demo`` does."""
    notebook = ["01_art_filters", "-f", "quick", "--partial-ok"] if name == DEMO else [name]
    home.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "toolkit", "report", *notebook, "--quiet"],
        env={**os.environ, "ATELIER_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    page = Path(done.stdout.strip().splitlines()[-1])
    facts = json.loads((page.parent / "report.json").read_text())
    says_busy = bool(_BUSY.search(page.read_text()))
    missing = facts["n_missing"] + (facts["status"] != "ok")
    return Run(name, stated, facts["took_s"], facts["n_asked"], missing, says_busy, page)


def print_runs(names: Sequence[str], folder: Path) -> list[Run]:
    """Run the notebooks one after the other, and print a line for each."""
    times_s = stated_s((ROOT / "README.md").read_text(encoding="utf-8"))
    runs = []
    with busy_loops() as count:
        print(f"Each notebook at its defaults, beside {count} endless loop(s) on {allowed_cpus()} processors")
        print(f"{'notebook':28}{'stated':>9}{'took':>9}{'of it':>7}{'rows':>11}  page says busy")
        for name in names:
            one = run(name, home=folder / name, stated=times_s[name])
            rows = f"{one.n_asked - one.n_missing} of {one.n_asked}" if one.n_asked else "-"
            busy = ("yes" if one.says_busy else "no") if one.n_asked else "measures no rows"
            texts = (units.seconds(one.stated_s), units.seconds(one.took_s))
            share = f"{one.took_s / one.stated_s:.1f} x"
            mark = "" if one.holds else "   MISSED"
            print(f"{name:28}{texts[0]:>9}{texts[1]:>9}{share:>7}{rows:>11}  {busy}{mark}", flush=True)
            runs.append(one)
    print(f"(limits: every row, at most {TIMES_STATED:g} x the stated time, and the word busy)\n")
    return runs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    every = [DEMO, *(file.stem for file in sorted((ROOT / "notebooks").glob("*.ipynb")))]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{DEMO}, or a notebook; default: all")
    parser.add_argument("--short", action="store_true", help=f"only {', '.join(SHORT)}")
    asked = parser.parse_args()
    unknown = sorted(set(asked.names) - set(every))
    if unknown:
        parser.error(f"no notebook {', '.join(unknown)}; choose from {', '.join(every)}")
    with tempfile.TemporaryDirectory(prefix="atelier_busy_") as folder:
        runs = print_runs(asked.names or (SHORT if asked.short else every), Path(folder))
        are_sound = pages_hold([one.page for one in runs])
    return 0 if are_sound and all(one.holds for one in runs) else 1


if __name__ == "__main__":
    sys.exit(main())
