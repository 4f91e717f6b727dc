"""Compiled kernels are kept as a worker keeps them, so that an edited helper is never tested stale."""

import os

from toolkit.kernels.compiled_cache import cache_folder

os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_folder()))
