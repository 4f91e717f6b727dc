"""Widgets for notebooks: the controls of an operation beside its picture."""
