"""Measure two versions of something in turns: a commit against another, or a package against another version of it."""
