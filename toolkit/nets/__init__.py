"""Architectures of networks as torch modules: each file has one architecture.

Each file has a function ``build(**arguments)``, which returns the module. If the names or shapes of the published
tensors differ from those of the module, it also has ``state_from(published)``, which returns the module's state dict.
"""
