"""Decode the pixels of each format, and find what its decoder is silent about."""


class Uncovered(Exception):
    """The file is sound, but of a kind that is not supported; the text says which."""
