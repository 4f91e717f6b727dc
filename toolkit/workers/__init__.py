"""Processes that run pictures."""
