"""Other processes that use a store."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

CHECKOUT = Path(__file__).parents[3]

DISK_FULL = """
import resource, signal
from toolkit.core.errors import InvalidValue
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store(sys.argv[1])
store.add(make_measurement())
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    for seed in range(200):
        store.add(make_measurement(seed=seed, blocks=9))
        print("added", flush=True)
except InvalidValue as error:
    print(error)
"""


# Root may write anywhere, so the child gives that up before it touches the store.
WITHOUT_POWERS = """
import os
store, more = Store(sys.argv[1]), make_measurement("oil_painting")
from toolkit.core.errors import InvalidValue
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)
print(len(store.latest()))
try:
    store.add(more)
except InvalidValue as error:
    print(error)
"""


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    preamble = (
        "import sys\nfrom tests.results.factory import *\nfrom toolkit.results.store.store import Store\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", preamble + textwrap.dedent(script), *arguments],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
