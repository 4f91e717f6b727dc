"""Quality, agreement, speed and limits of every model on every runtime: ``make bench-models``.

Prints the tables, writes them to ``reports/models/``, and exits with 1 when a minimum is missed. Published weights
come from ``ATELIER_WEIGHTS`` or the user's cache, Set5 and portraits from ``ATELIER_TEST_IMAGES``; what cannot be
judged without them is said to be PARTIAL. On two quiet processors it takes about 25 minutes, half of them EDSR.
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
from toolkit.contracts.fingerprint import fingerprint, summary
from toolkit.machine.hardware import allowed_cpus

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Run the sections that are asked for and say what was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS), help="sections")
    parser.add_argument(
        "--quick", action="store_true", help="tiny pictures, two models: whether it runs, not how fast"
    )
    asked = parser.parse_args()
    page = Page()
    page.say(summary(fingerprint()))
    threads = min(2, allowed_cpus())
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
    speed.speed_tables(page, threads=threads, blocks=1 if quick else 3, quick=quick)


def _matting(page: Page, threads: int, quick: bool) -> None:
    if not quick:
        matting.end_to_end(page, _pictures(), threads=threads, blocks=5)


def _limits(page: Page, threads: int, quick: bool) -> None:
    limits.limits(page, threads=threads, quick=quick)


def _gpu(page: Page, threads: int, quick: bool) -> None:
    """The same tables on a GPU, in a process of their own."""
    import torch

    page.heading("With a GPU")
    if not torch.cuda.is_available():
        page.say("No GPU is here, so nothing was measured with device=cuda.")
        return
    done = subprocess.run([sys.executable, "-m", "benchmarks.models_cuda"], cwd=ROOT)
    page.require(done.returncode == 0, "the tables with device=cuda, printed above")


def _with_pictures(page: Page, what: str, work: Callable[[Path], None], quick: bool) -> None:
    folder = _pictures()
    if folder is None:
        page.without(f"{what}: ATELIER_TEST_IMAGES names no folder of pictures")
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
