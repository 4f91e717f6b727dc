"""Base classes of executors, which run one prepared operation on many pictures, and of pools (their workers)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from toolkit.contracts.backend import Placement
from toolkit.contracts.identity import source_id
from toolkit.contracts.operation import OPERATIONS, Operation, load_plugin
from toolkit.contracts.registry import Registry
from toolkit.contracts.trial import Step, Trial
from toolkit.core.errors import InvalidValue, invalid
from toolkit.core.params import Pairs, Param, Value
from toolkit.workers.item import Item, Outcome

_ANY_SIZE = (480, 640)  # a trial needs a picture size, on which `content_id` does not depend


@dataclass(frozen=True, kw_only=True)
class Work:
    """An operation with its settings, which every worker prepares once; the values can be sent as JSON.

    Attributes
    ----------
    operation : str
        Name of the operation.
    backend : str
        Name of the backend; ``""`` chooses a backend for each picture, as ``tk.apply`` does.
    params : tuple of (str, value)
        The parameters as the user gave them, because a preset may depend on the size of the picture.
    steps : tuple of (str, tuple of (str, value))
        Pre-steps: operations that run on the picture before `operation`.
    placement : Placement
        Device, threads of one process, precision, and options of the backend.
    plugins : tuple of (path, sha256)
        Plug-in files that a worker loads before it prepares the operation.
    """

    operation: str
    backend: str = ""
    params: Pairs = ()
    steps: tuple[Step, ...] = ()
    placement: Placement = field(default_factory=Placement)
    plugins: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of_trial(cls, trial: Trial) -> Self:
        """The operation and settings of a trial as a `Work`, without the trial's input and number of workers."""
        names = ("operation", "backend", "params", "steps", "placement", "plugins")
        return cls(**{name: getattr(trial, name) for name in names})

    @property
    def op(self) -> Operation:
        """The registered operation that the attribute `operation` names."""
        return OPERATIONS[self.operation]

    @property
    def content_id(self) -> str:
        """Hash of the sources of the operation and of its weights files; equal on two machines with equal files."""
        params = self.op.resolve(dict(self.params), size=_ANY_SIZE)
        trial = Trial(
            operation=self.operation,
            backend=self.backend or self.op.prefer[0],
            params=tuple(params.items()),
            steps=self.steps,
            placement=self.placement,
            plugins=self.plugins,
            width=_ANY_SIZE[1],
            height=_ANY_SIZE[0],
        )
        return source_id(trial)

    def load_plugins(self) -> None:
        """Load the plug-ins in this process.

        Raises
        ------
        InvalidValue
            A plug-in is missing, cannot be imported, or has changed.
        """
        for path, sha in self.plugins:
            if load_plugin(path) != sha:
                raise InvalidValue(
                    f"plug-in {path!r} has changed since it was loaded; load the plug-in again."
                )

    def to_dict(self) -> dict[str, Any]:
        """The operation and its settings as plain lists, dicts, strings and numbers."""
        # `asdict` of the whole work would copy every tuple, and a service makes this dict several times for each job.
        return {**vars(self), "placement": asdict(self.placement)}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """Make the `Work` from the dict that `to_dict` returned; the dict may come from JSON."""
        place = plain["placement"]
        steps = tuple((name, _pairs(given)) for name, given in plain["steps"])
        return cls(
            **{
                **plain,
                "params": _pairs(plain["params"]),
                "steps": steps,
                "placement": Placement(**{**place, "options": _pairs(place["options"])}),
                "plugins": tuple((path, sha) for path, sha in plain["plugins"]),
            }
        )


def _pairs(items: Any) -> Pairs:
    return tuple((name, value) for name, value in items)


class Pool(ABC):
    """Workers that an executor has opened for one operation; a context manager that ends the workers.

    Attributes
    ----------
    comes_and_goes : bool
        Whether workers join and leave by themselves, on any machine, so that only `ready` tells their number.
    """

    comes_and_goes = False

    @abstractmethod
    def submit(self, item: Item) -> Future[Outcome]:
        """Submit a picture; waits while too many pictures are unfinished. The outcome holds a picture's error."""

    def cancel(self, index: int) -> bool:
        """Stop a waiting or running picture: its outcome is then `Cause.CANCELLED`. Returns whether it was stopped."""
        return False

    @property
    @abstractmethod
    def pids(self) -> list[int]:
        """Process ids of the workers that are alive now; empty if the pool runs in this process."""

    @property
    def ready(self) -> int | None:
        """Number of workers of this pool that are prepared and alive; None if the pool cannot know this number."""
        return None

    def resize(self, workers: int) -> bool:
        """Change the number of workers; returns False if this is impossible. New workers start in the background."""
        return False

    @abstractmethod
    def close(self) -> None:
        """End the workers of this pool; pictures that have not ended are cancelled."""

    def run(self, items: Iterable[Item]) -> Iterator[Outcome]:
        """Run pictures and yield their outcomes in any order; few pictures are read in advance."""
        under_way: set[Future[Outcome]] = set()
        try:
            for item in items:
                under_way.add(self.submit(item))
                done = {future for future in under_way if future.done()}
                under_way -= done
                yield from (future.result() for future in done)
            while under_way:
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        finally:
            for future in under_way:
                future.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@dataclass(frozen=True, kw_only=True)
class PoolSettings:
    """The checked settings with which an executor opens a pool of workers.

    Attributes
    ----------
    workers : int
        Number of workers.
    timeout_s : float or None
        Longest time for one picture, s; None: no limit.
    in_flight : int or None
        Largest number of unfinished pictures that the caller allows; None: the executor chooses this number.
    options : mapping of str to value
        The value of every option that the executor declares.
    """

    workers: int
    timeout_s: float | None
    in_flight: int | None
    options: Mapping[str, Value]

    @property
    def most_in_flight(self) -> int:
        """Largest number of unfinished pictures: `in_flight`, or two for each worker if `in_flight` is None."""
        return 2 * self.workers if self.in_flight is None else self.in_flight


class Executor(ABC):
    """A method of running many pictures; each file in `toolkit.workers.executors` defines an executor as ``EXECUTOR``.

    Attributes
    ----------
    name : str
        Name of the executor, which is also the name of its file.
    help : str
        One line that describes the executor in lists.
    isolates : bool
        Whether pictures run in processes of their own, so that a worker may crash, be killed at a time-out, and have
        environment variables for threads of its own.
    most_workers : int or None
        Largest number of workers; None for no limit.
    options : tuple of Param
        Settings that only this executor has.
    """

    name: str
    help: str
    isolates: bool
    most_workers: int | None = None
    options: tuple[Param, ...] = ()

    def open(
        self,
        work: Work,
        *,
        workers: int = 1,
        timeout_s: float | None = None,
        in_flight: int | None = None,
        **options: Value,
    ) -> Pool:
        """Start workers, each of which prepares the operation and settings in `work`.

        Parameters
        ----------
        workers : int
            Number of workers.
        timeout_s : float, optional
            Longest time for a picture, s: a worker that needs longer is killed, and the picture fails. Only an
            executor that `isolates` accepts a time-out.
        in_flight : int, optional
            Largest number of pictures that are submitted and not finished; default: two pictures for each worker.
        **options
            Values of the settings that the attribute `options` declares.

        Raises
        ------
        UnknownName, InvalidValue, Unavailable, Unsupported
            The operation cannot run, or a setting is not allowed.
        """
        owner = f"executor {self.name}"
        if workers < 1 or (self.most_workers is not None and workers > self.most_workers):
            limit = "at least 1" if self.most_workers is None else f"1 to {self.most_workers}"
            hint = "The executor 'processes' sets no limit to the number of workers."
            raise invalid("workers", owner, limit, workers, hint)
        if timeout_s is not None and not self.isolates:
            hint = "Choose an executor with processes of its own, such as 'processes'."
            constraint = "left out, because this executor cannot stop a call"
            raise invalid("timeout", owner, constraint, timeout_s, hint)
        declared = {param.name: param for param in self.options}
        for name in options:
            if name not in declared:
                raise invalid("option", owner, f"one of {', '.join(declared) or 'none'}", name)
        values = {name: p.check(options.get(name, p.default), owner) for name, p in declared.items()}
        # A wrong name or value is reported before a worker starts.
        work.op.resolve(dict(work.params), size=(480, 640))
        for name, params in work.steps:
            OPERATIONS[name].resolve(dict(params), size=(480, 640))
        if in_flight is not None and in_flight < 1:
            raise invalid("in_flight", owner, "at least 1", in_flight)
        asked = PoolSettings(workers=workers, timeout_s=timeout_s, in_flight=in_flight, options=values)
        return self._open(work, asked)

    @abstractmethod
    def _open(self, work: Work, settings: PoolSettings) -> Pool: ...


EXECUTORS: Registry[Executor] = Registry("executor", "toolkit.workers.executors", "EXECUTOR", Executor)
