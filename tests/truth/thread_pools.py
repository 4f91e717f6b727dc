"""Real thread pools, clean and misconfigured, for the tests of the thread ledger and for the truth rig."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from toolkit.machine.diagnosis import diagnose
from toolkit.machine.hardware import allowed_processors

ALLOWED = allowed_processors()
"""Processors that this process may use."""

MEASURE = """
import json, os, sys, threading, time
from toolkit.machine import threads
def measured(work, seconds=0.4, **said):
    work()
    before, end = threads.observe(), time.perf_counter() + seconds
    while time.perf_counter() < end:
        work()
    found = threads.ledger(before, threads.observe(), pools=threads.library_pools(), **said)
    print(json.dumps(found), flush=True)
"""


def live(script: str, **environment: str) -> dict[str, Any]:
    """What a fresh process finds out about itself."""
    clean = {k: v for k, v in os.environ.items() if "THREADS" not in k and not k.startswith(("OMP", "KMP"))}
    answer = subprocess.run(
        [sys.executable, "-c", MEASURE + script],
        capture_output=True,
        text=True,
        check=False,
        env={**clean, **environment},
    )
    assert answer.returncode == 0, answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def codes(found: dict[str, Any], asked: int) -> set[str]:
    cpu = {"allowed_list": list(ALLOWED), "logical": len(ALLOWED), "quota": None, "siblings": None}
    return {f.code for f in diagnose(threads=asked, workers=1, cpu=cpu, observed=[found])}


@dataclass(frozen=True)
class Pool:
    """A script that works in threads, what it was asked to use, and what is wrong with it (nothing: clean)."""

    name: str
    script: str
    threads: int = 1
    workers: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    code: str = ""

    def found(self) -> set[str]:
        """Codes of the findings of a fresh process."""
        cpu = {"allowed_list": list(ALLOWED), "logical": len(ALLOWED), "quota": None, "siblings": None}
        ledgers = [live(self.script, **self.environment)]
        return {
            f.code for f in diagnose(threads=self.threads, workers=self.workers, cpu=cpu, observed=ledgers)
        }


def counts(threads: int) -> dict[str, str]:
    """What the engine sets before it starts a worker."""
    return {"OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}


def opencv(threads: int, side: int = 600) -> str:
    """A filter that OpenCV splits among its threads at every size; bilateralFilter is serial on small pictures."""
    return (
        f"import cv2, numpy as np\ncv2.setNumThreads({threads})\n"
        f"picture = np.zeros(({side}, {side}, 3), np.uint8)\n"
        "measured(lambda: cv2.xphoto.oilPainting(picture, 3, 1), runtime_threads=cv2.getNumThreads())\n"
    )


def blas(side: int = 600) -> str:
    return f"import numpy as np\nm = np.ones(({side}, {side}))\nmeasured(lambda: m @ m)\n"


def torch(threads: int, side: int = 500) -> str:
    return (
        f"import torch\ntorch.set_num_threads({threads})\nm = torch.ones({side}, {side})\n"
        "measured(lambda: m @ m, runtime_threads=torch.get_num_threads())\n"
    )


def hashing(threads: int, bound: str = "") -> str:
    """Threads of plain Python that hash, which needs no interpreter lock."""
    return (
        f"import hashlib\ndef hashed():\n    {bound or 'pass'}\n    data = bytes(1 << 20)\n"
        "    while True: hashlib.sha256(data)\n"
        f"for _ in range({threads}): threading.Thread(target=hashed, daemon=True).start()\n"
        "measured(lambda: time.sleep(0.05))\n"
    )


LATE = "import numpy as np\nos.environ['OPENBLAS_NUM_THREADS'] = '1'\nmeasured(lambda: np.ones(9).sum())\n"
SERIAL = "import numpy as np\nm = np.ones(100_000)\nmeasured(lambda: np.sqrt(m))\n"
WIDE = 2 * len(ALLOWED)

WRONG_POOLS = (
    Pool("OpenMP's variable does not govern OpenCV", opencv(2), 1, 1, counts(1), "more threads than asked"),
    Pool("matrix product with too many threads", blas(), 1, 1, counts(2), "more threads than asked"),
    Pool("variable that contradicts", blas(), 1, 1, counts(2), "contradicting variable"),
    Pool("variable set after the start", LATE, 1, 1, {"OPENBLAS_NUM_THREADS": "2"}, "late variable"),
    Pool(
        "two threads on one processor",
        hashing(2, f"os.sched_setaffinity(0, {{{ALLOWED[0] if ALLOWED else 0}}})"),
        2,
        1,
        counts(2),
        "pinned together",
    ),
    Pool("torch with too many threads", torch(2), 1, 1, counts(2), "more threads than asked"),
    Pool("more threads than processors", hashing(WIDE), WIDE, 1, counts(WIDE), "oversubscribed"),
    Pool("count that is no number", SERIAL, 1, 1, {"OMP_NUM_THREADS": "two"}, "unreadable variable"),
    Pool("told to spin", SERIAL, 1, 1, counts(1) | {"OMP_WAIT_POLICY": "active"}, "told to spin"),
    Pool("told to spin for ever", SERIAL, 1, 1, counts(1) | {"KMP_BLOCKTIME": "infinite"}, "told to spin"),
    Pool("workers bound alike", SERIAL, 1, 2, counts(1) | {"OMP_PROC_BIND": "close"}, "pinned by a variable"),
    Pool("count beyond the affinity", opencv(WIDE), 1, 1, counts(1), "affinity-blind count"),
    Pool("build without threads", SERIAL.replace("(m))", "(m), runtime_threads=1)"), 2, 1, counts(2), "fewer threads"),
)  # fmt: skip

CLEAN_POOLS = (
    *(Pool(f"OpenCV, {n} threads, {side} px", opencv(n, side), n, 1, counts(n)) for n in (1, 2) for side in (200, 600)),
    *(Pool(f"matrix product, {n} threads, {side}", blas(side), n, 1, counts(n)) for n in (1, 2) for side in (200, 600)),
    *(Pool(f"torch, {n} threads, {side}", torch(n, side), n, 1, counts(n)) for n in (1, 2) for side in (200, 500)),
    *(Pool(f"plain threads, {n}", hashing(n), n, 1, counts(n)) for n in (1, 2)),
    Pool("serial work given two threads", SERIAL, 2, 1, counts(2)),
    Pool("serial work", SERIAL, 1, 1, counts(1)),
    Pool("nothing set, every processor asked for", SERIAL, len(ALLOWED)),
    Pool("waiting passively", opencv(2), 2, 1, counts(2) | {"OMP_WAIT_POLICY": "passive", "KMP_BLOCKTIME": "0"}),
    Pool("default spin written out", SERIAL, 1, 1, counts(1) | {"KMP_BLOCKTIME": "200"}),
    Pool("levels of nesting", SERIAL, 2, 1, {"OMP_NUM_THREADS": "2,1"}),
    Pool("binding turned off", SERIAL, 1, 2, counts(1) | {"OMP_PROC_BIND": "false"}),
    Pool("a worker that sleeps", "measured(lambda: time.sleep(0.01))\n", 1, 1, counts(1)),
)  # fmt: skip
