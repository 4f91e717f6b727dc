"""Where Numba keeps what it compiled from our kernels.

Numba looks only at the file of the function that is called: after an edit of a helper in another file it goes on
returning the old machine code. So the folder is named after a hash of every kernel's source, of the versions that
compile, and of the CPU compiled for; an edit opens a new folder.

Nothing heavy is imported here: a worker's environment must name the folder before Numba is imported in it.
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
    """The folder for what is compiled from the ``*.py`` files in and below `sources`; it may not exist yet.

    >>> cache_folder().parent.name
    'numba'
    """
    key = hashlib.sha256()
    for file in sorted(sources.rglob("*.py")):
        key.update(f"{file.relative_to(sources)}\0".encode())
        key.update(hashlib.sha256(file.read_bytes()).digest())
    for part in (
        distribution_version("numba"),
        distribution_version("llvmlite"),
        platform.python_version(),
        _cpu(cpuinfo),
    ):
        key.update(f"{part}\0".encode())
    return folders.cache_folder("numba") / key.hexdigest()[:16]


def _cpu(cpuinfo: Path) -> str:
    """Model and instruction sets; the machine's architecture alone where the kernel does not list them."""
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    return "\n".join(sorted({line for line in lines if line.split("\t")[0].strip() in _CPU_LINES}))
