"""Versions of installed distributions, read without importing a distribution."""

from __future__ import annotations

import importlib.metadata


def distribution_version(name: str) -> str:
    """Version of an installed distribution; ``""`` when absent."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
