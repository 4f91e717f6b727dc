"""Run code that rebuilds a mistake printed in an article, in a separate process, and show the error."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from toolkit.core.child_process import module_environment

_TIMEOUT_S = 60
_REBUILT = (
    "Each snippet rebuilds a mistake of the article in its shortest form, not in the article's own lines."
)


@dataclass(frozen=True, kw_only=True)
class PrintedCode:
    """A mistake that an article prints, rebuilt in its shortest form, and the nearest form that works.

    Attributes
    ----------
    what : str
        A heading that says what the code tries to do.
    code : str
        The mistake with the imports and values that the code needs, not in the article's own lines.
    changed : str
        A sentence that says how the code must be changed to work.
    """

    what: str
    code: str
    changed: str

    def error(self) -> str:
        """Run the code; returns the last line of its error, or ``""`` if there was no error."""
        with tempfile.TemporaryDirectory(prefix="atelier-printed-") as folder:
            file = Path(folder, "printed.py")
            file.write_text(self.code, encoding="utf-8")
            try:
                done = subprocess.run(
                    [sys.executable, str(file)],
                    capture_output=True,
                    text=True,
                    timeout=_TIMEOUT_S,
                    env=module_environment(),
                    cwd=folder,
                )
            except subprocess.TimeoutExpired:
                return f"the code still runs after {_TIMEOUT_S} s"
        if not done.returncode:
            return ""
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        errors = [line for line in lines if not line.startswith((" ", '"""')) and "Error" in line]
        return (errors or lines or [f"exit code {done.returncode}"])[-1]


def array_through_lru_cache(*, maxsize: int, changed: str) -> PrintedCode:
    """A mistake that three published articles share: an array as the argument of a function with ``lru_cache``."""
    code = f"""
from functools import lru_cache
import numpy as np

@lru_cache(maxsize={maxsize})
def result_of(picture):
    return picture.copy()

result_of(np.zeros((30, 40, 3), np.uint8))
"""
    return PrintedCode(
        what="A picture as the argument of a function with lru_cache", code=code, changed=changed
    )


@dataclass(frozen=True)
class PrintedResults:
    """Printed code with its errors, for display in a notebook."""

    results: tuple[tuple[PrintedCode, str], ...]

    def __repr__(self) -> str:
        return "\n\n".join(
            f"{one.what}\n{one.code}\n{error or 'The code runs as printed.'}\n{one.changed}"
            for one, error in self.results
        )

    def _repr_markdown_(self) -> str:
        parts = [_REBUILT] if self.results else []
        for one, error in self.results:
            said = (
                f"The code fails: `{error}`"
                if error
                else "The code runs with the library versions of this machine."
            )
            parts.append(f"**{one.what}**\n\n```python\n{one.code.strip()}\n```\n\n{said}\n\n{one.changed}")
        return "\n\n".join(parts)


def run_printed(codes: tuple[PrintedCode, ...]) -> PrintedResults:
    """Run each piece of code that an article prints, and keep its error."""
    return PrintedResults(tuple((one, one.error()) for one in codes))
