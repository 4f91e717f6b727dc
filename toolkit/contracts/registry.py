"""Find operations and backends by name in a folder of modules; a module is imported when its name is first used."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

from toolkit.core.errors import AtelierError, InvalidValue, invalid, unknown

T = TypeVar("T")

_loaded: dict[str, str] = {}  # path of each plug-in file to the SHA-256 of its content


class Registry(Generic[T]):
    """A registry of objects, such as operations: one object per module of `package`, named like the module.

    Parameters
    ----------
    noun : str
        Word for one object in error messages, such as ``operation``.
    package : str
        Dotted name of the package (folder) that contains the modules.
    attribute : str
        Name of the module's variable with the object, such as ``OPERATION``.
    kind : type
        Class of the objects; an object of another class is refused.
    """

    def __init__(self, noun: str, package: str, attribute: str, kind: type[Any]) -> None:
        self.noun, self.attribute = noun, attribute
        self._package, self.kind = package, kind
        self._added: dict[str, T] = {}
        self._imported: dict[str, T] = {}
        self._sources: dict[str, Path] = {}
        self._files: dict[str, Path] = {}

    def names(self) -> list[str]:
        """The sorted names of all objects; the modules are not imported."""
        path = importlib.import_module(self._package).__path__
        found = {m.name for m in pkgutil.iter_modules(path) if not m.name.startswith("_")}
        return sorted(found | set(self._added))

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        return len(self.names())

    def add(self, item: T, *, file: Path | None = None) -> None:
        """Register an object under the name in its attribute ``name``.

        Raises
        ------
        InvalidValue
            The object is of the wrong type, or another object has its name.
        """
        name: str = getattr(item, "name", "")
        self.checked(item, name, "the call")
        same_file = file is not None and self._files.get(name) == file
        if name in self and not same_file:
            raise InvalidValue(f"{self.noun} {name!r} exists already; give the new {self.noun} another name.")
        self._added[name] = item
        if file is not None:
            self._files[name] = file

    def source(self, name: str) -> Path | None:
        """The file that defines the object `name`; None for an object that was added in this process without a file."""
        if name in self._added:
            return self._files.get(name)
        if name not in self._sources:
            spec = importlib.util.find_spec(f"{self._package}.{name}")
            if not spec or not spec.origin:
                return None
            self._sources[name] = Path(spec.origin)
        return self._sources[name]

    def __getitem__(self, name: str) -> T:
        if name in self._added:
            return self._added[name]
        if name not in self._imported:
            self._imported[name] = self._import(name)
        return self._imported[name]

    def _import(self, name: str) -> T:
        if name not in self:
            raise unknown(self.noun, name, self)
        try:
            module = importlib.import_module(f"{self._package}.{name}")
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            raise InvalidValue(f"{self.noun} {name!r} cannot be imported: {said}.") from error
        return self.checked(getattr(module, self.attribute, None), name, f"{self._package}.{name}")

    def checked(self, item: Any, name: str, where: str) -> T:
        """Return `item` if it has the right class and the name of its file; an error says `where` it is defined.

        Raises
        ------
        InvalidValue
        """
        if not isinstance(item, self.kind):
            raise invalid(self.attribute, where, f"of type {self.kind.__name__}", item)
        own_name = getattr(item, "name", "")
        if own_name != name:
            raise invalid("name", where, f"the file's own name {name!r}", own_name)
        found: T = item
        return found

    def loadable(self) -> Iterator[T]:
        """The objects, sorted by name. A plug-in that cannot be imported is left out; `atelier list` shows why."""
        for name in self:
            try:
                item = self[name]
            except AtelierError:
                continue
            yield item


def load_file(path: Path, registries: tuple[Registry[Any], ...]) -> str:
    """Register the plug-in that a file defines and return the SHA-256 of the file.

    Raises
    ------
    InvalidValue
        The file is missing, cannot be imported, or defines no object that one of `registries` accepts.
    """
    path = path.expanduser().resolve()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidValue(f"plug-in {str(path)!r} cannot be read: {error.strerror}.") from error
    name = f"atelier_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InvalidValue(f"plug-in must be a Python file (.py); got {str(path)!r}.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        said = str(error) if isinstance(error, AtelierError) else f"{type(error).__name__}: {error}"
        raise InvalidValue(f"plug-in {path.name!r} cannot be imported: {said.rstrip('.')}.") from error
    found = [(r, getattr(module, r.attribute)) for r in registries if hasattr(module, r.attribute)]
    if not found:
        wanted = " or ".join(r.attribute for r in registries)
        raise InvalidValue(f"plug-in {path.name!r} must define {wanted}; it defines neither.")
    for registry, item in found:
        registry.add(registry.checked(item, path.stem, path.name), file=path)
    _loaded[str(path)] = hashlib.sha256(content).hexdigest()
    return _loaded[str(path)]


def loaded_plugins() -> tuple[tuple[str, str], ...]:
    """Path and SHA-256 of each plug-in file that this process has loaded, in the order of loading."""
    return tuple(_loaded.items())
