"""Backends, which run operations: one file per runtime; each file defines the variable ``BACKEND``."""
