"""Store measurements with their raw samples in one SQLite file, to which measurements are only appended."""
