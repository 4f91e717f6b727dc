"""Tests keep compiled kernels in the same folder as workers, so that an edit is never tested with old machine code."""

import os

from toolkit.kernels.compiled_cache import cache_folder

os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_folder()))
