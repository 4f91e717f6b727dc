"""The sentinel: a small fixed workload timed once in every round; a change of its time shows a change of the machine.

``python -m toolkit.machine.sentinel`` runs the workload in a separate process, which sleeps between the rounds. For
each line on stdin the process times the same arithmetic and writes the seconds to stdout. The process ends when stdin
closes, and so at the latest when its parent process ends.
"""

from __future__ import annotations

import select
import subprocess
import sys
from statistics import median
from time import perf_counter

from toolkit.core.child_process import module_command, module_environment

# The workload takes about 50 ms and is timed in ten parts: an interruption hardly changes the median of their times.
PARTS = 10
_UNITS = 1000  # repetitions of the arithmetic in each part of the workload
_PATIENCE_S = 5.0  # longest wait for the process that times the workload, s


class Sentinel:
    """Context manager that starts the process of the small fixed workload on entry, and ends the process on exit.

    Examples
    --------
    >>> with Sentinel() as sentinel:
    ...     seconds = sentinel.time_s()
    >>> 0 < seconds < 1
    True
    """

    def __enter__(self) -> Sentinel:
        self._process = subprocess.Popen(
            module_command("toolkit.machine.sentinel"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=module_environment({"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}),
        )
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.kill()
        self._process.communicate()

    def time_s(self) -> float | None:
        """Time the workload now: median seconds of its ten parts; None when its process does not answer.

        No error is raised, so that a measurement goes on if the process that runs the workload fails.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        try:
            stdin.write(b"\n")
            stdin.flush()
            if not select.select([stdout], [], [], _PATIENCE_S)[0]:
                self._process.kill()  # a late answer of this process would be read as the answer to the next request
                return None
            return float(stdout.readline())
        except (OSError, ValueError):
            return None


def main() -> None:
    """Time the workload once for each line on stdin."""
    import numpy as np

    values = np.linspace(0.0, 1.0, 16_384, dtype=np.float32)
    out = np.empty_like(values)
    for _ in sys.stdin:
        parts = []
        for _part in range(PARTS):
            start = perf_counter()
            for _unit in range(_UNITS):
                np.sqrt(values, out=out)
            parts.append(perf_counter() - start)
        sys.stdout.write(f"{median(parts)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
