"""The settings of a trial, such as ``workers``, that are no parameters of an operation and no options of a backend."""

from __future__ import annotations

from toolkit.contracts.backend import MOST_THREADS
from toolkit.core.choices import Device, Precision
from toolkit.core.params import Param
from toolkit.images.photos import DEFAULT_POOL

USUAL_EXECUTOR = "processes"
"""Executor of a trial that names no executor: each worker is a process that makes one call after another."""

KEYS: dict[str, Param] = {
    key.name: key
    for key in (
        Param(
            name="megapixels",
            default=1.0,
            low=1e-6,
            high=400.0,
            unit="MP",
            help="size of input pictures with sides in the ratio 4:3",
        ),
        Param(name="input", default="", unit="px", help="size of the input pictures as WIDTHxHEIGHT"),
        Param(
            name="images",
            default="+".join(DEFAULT_POOL),
            help="names of photos joined by +; successive calls use these photos in turn",
        ),
        Param(name="batch", default=1, low=1, high=1024, help="number of pictures in one call"),
        Param(
            name="threads", default=1, low=1, high=MOST_THREADS, help="number of threads inside one process"
        ),
        Param(
            name="workers",
            default=1,
            low=1,
            high=256,
            help="number of calls that run at the same time, each in a worker of its own",
        ),
        Param(
            name="executor",
            default=USUAL_EXECUTOR,
            help="how workers run, as processes or threads for example; see atelier list executors",
        ),
        Param(name="device", default=Device.CPU, choices=tuple(Device)),
        Param(name="precision", default=Precision.FP32, choices=tuple(Precision)),
    )
}

RESERVED = frozenset({*KEYS, "operation", "image", "backend", "preset"})
"""Names that no parameter of an operation may have: `apply` and the written form of a trial use them."""
