"""The ``atelier`` command line: each command has its own module, which is imported when the command runs."""
