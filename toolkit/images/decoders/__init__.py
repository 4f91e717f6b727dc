"""Decode the pixels of each format, and find what its decoder is silent about."""
