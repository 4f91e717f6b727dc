"""Measurements in one SQLite file, append-only, raw samples kept."""
