"""Run and time a Trial in worker processes, compare its output with the reference, and return a Measurement."""
