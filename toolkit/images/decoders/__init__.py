"""Decode the pixels of each format, and detect damage that the decoder of the format does not report."""


class Uncovered(Exception):
    """The file is undamaged, but of a kind that is not supported; the text of the error names the kind."""
