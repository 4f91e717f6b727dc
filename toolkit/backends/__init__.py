"""How work is run: one file is one runtime; each defines ``BACKEND``."""
