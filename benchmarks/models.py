"""Quality, agreement, speed and limits of every model on every runtime.

Run: ``make bench-models``, or ``python -m benchmarks.models`` with ``--only SECTION ...``. It takes about 25 minutes on
two idle processors, half of them for EDSR. ``make bench-models SHORT=1`` (``--short``) measures only the speed of
AnimeGANv2, CARN-M and FSRCNN, and takes less than 8 minutes.

Prints the tables, writes them to ``reports/models/``, and exits with 1 if a required minimum is missed. Published
weights come from ``ATELIER_WEIGHTS`` or the user's cache, Set5 and portraits from ``ATELIER_TEST_IMAGES``. Each part
that cannot be judged without them is marked PARTIAL.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import models_agreement as agreement
from benchmarks import models_limits as limits
from benchmarks import models_matting as matting
from benchmarks import models_quality as quality
from benchmarks import models_speed as speed
from benchmarks.models_page import Page
from benchmarks.models_questions import QUESTIONS, QUICK, SHORT
from toolkit.contracts.fingerprint import fingerprint, summary
from toolkit.machine.hardware import allowed_cpus

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Run the sections that are asked for and print which minima were missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.models", description=__doc__.splitlines()[0])
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--only", nargs="+", choices=SECTIONS, default=list(SECTIONS), help="run these sections only"
    )
    which.add_argument(
        "--short", action="store_true", help="speed of AnimeGANv2, CARN-M and FSRCNN only: under 8 minutes"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="tiny pictures and two models: tests that it runs, judges no speed",
    )
    asked = parser.parse_args()
    page = Page()
    page.say(summary(fingerprint()))
    threads = min(2, allowed_cpus())
    if asked.short:
        questions = QUICK if asked.quick else SHORT
        speed.speed_tables(page, questions, threads=threads, blocks=3, is_judged=not asked.quick)
        return page.close("short")
    for name in asked.only:
        SECTIONS[name](page, threads, asked.quick)
    name = "quick" if asked.quick else "models" if asked.only == list(SECTIONS) else "-".join(asked.only)
    return page.close(name)


def _set5(page: Page, threads: int, quick: bool) -> None:
    _with_pictures(page, "Set5", lambda folder: quality.set5(page, folder, threads=threads), quick)


def _mattes(page: Page, threads: int, quick: bool) -> None:
    _with_pictures(page, "mattes", lambda folder: quality.mattes(page, folder, threads=threads), quick)


def _agreement(page: Page, threads: int, quick: bool) -> None:
    agreement.agreement_table(page, threads=threads, quick=quick)
    if not quick:
        agreement.drawings(page, threads=threads)


def _speed(page: Page, threads: int, quick: bool) -> None:
    questions = QUICK if quick else QUESTIONS
    speed.speed_tables(page, questions, threads=threads, blocks=1 if quick else 3, is_judged=not quick)


def _matting(page: Page, threads: int, quick: bool) -> None:
    if not quick:
        matting.end_to_end(page, _pictures(), threads=threads, blocks=5)


def _limits(page: Page, threads: int, quick: bool) -> None:
    limits.limits(page, threads=threads, quick=quick)


def _gpu(page: Page, threads: int, quick: bool) -> None:
    """Tables with device=cuda, from a process of their own."""
    import torch

    page.heading("With a GPU")
    if not torch.cuda.is_available():
        page.say("This machine has no GPU, so nothing was measured with device=cuda.")
        return
    done = subprocess.run([sys.executable, "-m", "benchmarks.models_cuda"], cwd=ROOT)
    page.require(done.returncode == 0, "a row of the tables with device=cuda above failed")


def _with_pictures(page: Page, what: str, work: Callable[[Path], None], quick: bool) -> None:
    folder = _pictures()
    if folder is None:
        page.without(f"{what}: no pictures, because ATELIER_TEST_IMAGES is not set")
    elif not quick:
        work(folder)


def _pictures() -> Path | None:
    named = os.environ.get("ATELIER_TEST_IMAGES")
    return Path(named) if named else None


SECTIONS: dict[str, Callable[[Page, int, bool], None]] = {
    "set5": _set5,
    "mattes": _mattes,
    "agreement": _agreement,
    "limits": _limits,
    "matting": _matting,
    "speed": _speed,
    "gpu": _gpu,
}

if __name__ == "__main__":
    sys.exit(main())
