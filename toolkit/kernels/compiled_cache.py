"""Name the folder for the machine code that Numba compiles from the kernels of this package.

Numba checks only the file of the function that is called: after an edit of a function in another file, Numba still
returns the old machine code. So the name of the folder contains a hash of all kernel sources, of the compiler's
versions and of the CPU; after an edit of a source, the machine code goes to a new folder.

This module imports no large package, because a worker's environment must name the folder before the worker imports
Numba.
"""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path

from toolkit.core import folders
from toolkit.machine.versions import distribution_version

_SOURCES = Path(__file__).parent
_CPU_LINES = ("model name", "flags", "Features", "CPU part")


def cache_folder(sources: Path = _SOURCES, cpuinfo: Path = Path("/proc/cpuinfo")) -> Path:
    """Folder for code compiled from the ``*.py`` files in and below `sources`; it is writable, but may not exist yet.

    >>> cache_folder().parent.name
    'numba'
    """
    key = hashlib.sha256()
    for file in sorted(sources.rglob("*.py")):
        key.update(f"{file.relative_to(sources)}\0".encode())
        key.update(hashlib.sha256(file.read_bytes()).digest())
    versions = [distribution_version("numba"), distribution_version("llvmlite"), platform.python_version()]
    for part in (*versions, _cpu(cpuinfo)):
        key.update(f"{part}\0".encode())
    return folders.usable_cache_folder("numba") / key.hexdigest()[:16]


def _cpu(cpuinfo: Path) -> str:
    """CPU model and instruction sets; only the CPU's architecture if the operating system does not list them."""
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    return "\n".join(sorted({line for line in lines if line.split("\t")[0].strip() in _CPU_LINES}))
