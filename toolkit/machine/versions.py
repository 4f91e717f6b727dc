"""Versions of installed distributions; none is imported."""

from __future__ import annotations

import importlib.metadata


def distribution_version(name: str) -> str:
    """Version of an installed distribution; ``""`` when absent."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
