"""Errors, parameters, units, files, folders and child processes: what every other folder may use."""
