"""The settings of a tuner (photo, parameters, backend, threads, precision), and the list of moves for undo."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from toolkit.contracts.operation import Operation
from toolkit.core.choices import Precision
from toolkit.core.params import Value


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of a tuner that decide how a picture is made.

    Attributes
    ----------
    photo : str
        Name of the photo, as in the tuner's list of photos.
    params : mapping
        The value of every parameter.
    backend : str, optional
        Name of the backend; None if the operation chooses the backend.
    threads : int, optional
        Number of threads; None: one for each processor that this process may use.
    precision : {"fp32", "bf16", "fp16", "int8"}
        Precision in which the backend computes.
    """

    photo: str
    params: Mapping[str, Value]
    backend: str | None = None
    threads: int | None = None
    precision: str = Precision.FP32

    @property
    def run(self) -> dict[str, Value]:
        """The values of backend, threads and precision that differ from the defaults."""
        precision = None if self.precision == Precision.FP32 else str(self.precision)
        asked = {"backend": self.backend, "threads": self.threads, "precision": precision}
        return {name: value for name, value in asked.items() if value is not None}

    @property
    def key(self) -> str:
        """Hash of these settings without the photo, 12 hex digits."""
        plain = {**asdict(self), "photo": "", "params": dict(self.params)}
        return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()[:12]

    def changed(self, op: Operation) -> dict[str, Value]:
        """The parameters that differ from their defaults."""
        return {p.name: self.params[p.name] for p in op.params if self.params[p.name] != p.default}

    def call(self) -> dict[str, Any]:
        """These settings as the arguments of `LiveWorker.render`."""
        how = {"backend": self.backend, "threads": self.threads, "precision": str(self.precision)}
        return {"params": dict(self.params), **how}


@dataclass
class Moves:
    """The settings in the order in which a user made them, and the position of the present settings.

    >>> moves = Moves([Settings(photo="coffee", params={"size": size}) for size in (1, 2)], at=1)
    >>> moves.go(-1), moves.now.params, moves.go(-1)
    (True, {'size': 1}, False)
    """

    states: list[Settings] = field(default_factory=list)
    at: int = 0

    @property
    def now(self) -> Settings:
        """The present settings."""
        return self.states[self.at]

    @property
    def is_newest(self) -> bool:
        """Whether the present settings are the newest."""
        return self.at == len(self.states) - 1

    def push(self, settings: Settings) -> None:
        """Add new settings after the present settings; undone settings are dropped."""
        del self.states[self.at + 1 :]
        self.states.append(settings)
        self.at += 1

    def replace(self, settings: Settings) -> None:
        """Replace the present settings by `settings`, without a further move to undo."""
        self.states[self.at] = settings

    def go(self, steps: int) -> bool:
        """Go back (negative) or forward by some moves, as far as possible; returns whether the settings changed."""
        old, self.at = self.at, min(max(self.at + steps, 0), len(self.states) - 1)
        return self.at != old
