"""Widgets for notebooks: controls of an operation's parameters beside the picture that the operation makes."""
