"""Run a Trial in worker processes, time it, compare its output with the reference, and return a Measurement."""
