"""Fast picture algorithms of our own, compiled by Numba."""
