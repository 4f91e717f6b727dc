"""Architectures of neural networks as torch modules, one architecture in each file.

Each file has ``build``, a class or function: ``build(**arguments)`` makes the module. If the names or shapes of the
published tensors differ from those of the module, the file also has ``state_from(published)``, which returns the
module's state dict.
"""
