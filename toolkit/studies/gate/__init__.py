"""Measure two versions in turns: two commits of a repository, or two versions of a package."""
