"""Widgets for notebooks: controls for an operation's parameters beside the picture that the operation makes."""
