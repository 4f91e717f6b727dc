"""Backends: one file per runtime; each defines ``BACKEND``."""
