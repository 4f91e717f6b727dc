"""Torch modules: one file is one architecture, with the mapping of its published weights beside it.

Each architecture's file has ``build(**arguments) -> module`` and ``state_from(published, **arguments) -> state
dict``; `loading` joins them, `checkpoint` reads the files, `export` writes ONNX.
"""
