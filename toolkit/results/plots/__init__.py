"""Plots of rows."""
