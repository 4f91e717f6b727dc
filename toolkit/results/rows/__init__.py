"""Measurements as rows: one summary a trial, names for people, choices among rows."""
