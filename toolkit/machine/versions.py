"""Versions of installed distributions, read without importing a distribution."""

from __future__ import annotations

import importlib.metadata


def distribution_version(name: str) -> str:
    """Version of an installed distribution; ``""`` if the distribution is not installed."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
