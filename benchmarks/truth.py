"""The long run of the truth rig: is every figure that Atelier promises within its limit on this machine?

``python -m benchmarks.truth`` measures each section, stores it in ``reports/truth/figures.json`` when it is finished,
and writes ``reports/truth/README.md``. After an interruption it continues with the first missing section; ``--again``
starts over, ``--only KEY`` measures one section again.
"""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import sys
import time
from dataclasses import asdict
from pathlib import Path

from tests.truth.figures import Figure, Section
from tests.truth.live_comparisons import SECTIONS as LIVE_COMPARISONS
from tests.truth.live_memory import SECTIONS as LIVE_MEMORY
from tests.truth.live_threads import SECTIONS as LIVE_THREADS
from tests.truth.simulated import SECTIONS as SIMULATED
from toolkit.core.files import write_whole
from toolkit.machine import hardware

COMMAND = "python -m benchmarks.truth"
FOLDER = Path(__file__).resolve().parents[1] / "reports" / "truth"


def sections() -> tuple[Section, ...]:
    """Every section of the rig in the order of its figures."""
    rig = (*SIMULATED, *LIVE_COMPARISONS, *LIVE_MEMORY, *LIVE_THREADS)
    return tuple(sorted(rig, key=lambda section: section.key))


def machine() -> str:
    """The machine in words, without its host name."""
    model = (hardware.processor().value or {}).get("model") or platform.machine()
    cores = len(hardware.allowed_processors())
    return f"{model}, {cores} cores allowed, {platform.system()}, Python {platform.python_version()}"


def run(
    rig: tuple[Section, ...], path: Path, *, scale: float = 1.0, only: str | None = None, again: bool = False
) -> bool:
    """Measure the sections of ``rig`` that ``path`` does not hold yet; whether every figure is within its limit."""
    kept: dict[str, dict[str, object]] = {}
    if path.exists() and not again:
        kept = json.loads(path.read_text())
    for section in rig:
        is_kept = section.key in kept and kept[section.key]["scale"] == scale
        is_wanted = section.key == only if only else not is_kept
        if not is_wanted:
            continue
        print(f"{section.title} ...", flush=True)
        started = time.perf_counter()
        figures = section.measure(scale)
        kept[section.key] = {
            "title": section.title,
            "scale": scale,
            "seconds": round(time.perf_counter() - started, 1),
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "machine": machine(),
            "figures": [asdict(figure) for figure in figures],
        }
        write_whole(path, json.dumps(dict(sorted(kept.items())), indent=1) + "\n")
        for figure in figures:
            print(
                f"  {'holds' if figure.holds else 'BROKEN':6} {figure.name}: {figure.value} ({figure.limit})"
            )
    write_whole(path.with_name("README.md"), as_markdown(kept))
    return all(Figure(**figure).holds for entry in kept.values() for figure in entry["figures"])


def as_markdown(kept: dict[str, dict[str, object]]) -> str:
    """The figures as a page."""
    lines = ["# The truth rig", "", f"Written by `{COMMAND}` (`make bench-truth`).", ""]
    for key in sorted(kept):
        entry = kept[key]
        lines += [
            f"## {key.split('-')[0]}. {entry['title']}",
            "",
            f"{entry['date']}, {entry['seconds']:.0f} s on {entry['machine']}"
            + ("" if entry["scale"] == 1 else f"; scale {entry['scale']}"),
            "",
            "| figure | measured | limit | holds |",
            "|---|---|---|---|",
        ]
        for figure in (Figure(**values) for values in entry["figures"]):
            verdict = "-" if figure.limit == "-" else "yes" if figure.holds else "**NO**"
            lines.append(f"| {figure.name.strip()} | {figure.value} | {figure.limit} | {verdict} |")
        lines.append("")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="share of the repeats of the long run")
    parser.add_argument(
        "--only", choices=[section.key for section in sections()], help="measure this section again"
    )
    parser.add_argument("--again", action="store_true", help="start over")
    asked = parser.parse_args()
    holds = run(sections(), FOLDER / "figures.json", scale=asked.scale, only=asked.only, again=asked.again)
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
