"""Errors, parameters, units, files, folders and child processes, which every other folder of the package may use."""
