"""pyproject.toml, requirements.lock and environment.yml say the same."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
CHOSEN = (
    *("jupyterlab", "opencv-contrib-python", "numpy", "pandas", "matplotlib"),
    *("torch", "ipywidgets", "papermill", "pytest"),
)


def _declared() -> dict[str, Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    texts = [*project["dependencies"], *(text for extra in extras.values() for text in extra)]
    named = {canonicalize_name(r.name): r for r in map(Requirement, texts)}
    named.pop(canonicalize_name(project["name"]))  # `all` is made of the other extras
    return named


def _pip_lines() -> list[str]:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    return next(item["pip"] for item in environment["dependencies"] if isinstance(item, dict))


def _locked() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pins = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pins}


def test_what_the_project_is_built_on_is_in_all_three() -> None:
    conda = {canonicalize_name(Requirement(line).name) for line in _pip_lines() if not line.startswith("-")}
    for name in CHOSEN:
        assert name in _declared()
        assert name in _locked()
        assert name in conda


def test_conda_asks_for_what_pyproject_asks_for() -> None:
    asked = {str(Requirement(line)) for line in _pip_lines() if not line.startswith("-")}
    assert asked == {str(requirement) for requirement in _declared().values()}
    assert [line for line in _pip_lines() if line.startswith("-")] == ["-c requirements.lock", "-e ."]


def test_conda_itself_gives_only_python_and_pip() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    given = [item for item in environment["dependencies"] if isinstance(item, str)]
    assert [re.split("[=<>]", item)[0] for item in given] == ["python", "pip"]


def test_locked_versions_are_ones_that_pyproject_admits() -> None:
    locked = _locked()
    for name, requirement in _declared().items():
        assert requirement.specifier.contains(locked[name]), f"{requirement} against {locked[name]}"


def test_the_lock_names_no_path_host_or_local_build() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"://|\+|@|^-|/", re.sub(r"^#.*$", "", text, flags=re.MULTILINE), re.MULTILINE)


def test_the_lock_holds_whatever_a_locked_package_needs() -> None:
    locked = _locked()
    missing = set()
    for name in locked:
        try:
            needed = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        for requirement in map(Requirement, needed):
            wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            # Installers bring these two along, and the torch build decides about its accelerator's libraries.
            if wanted and not re.match("setuptools|pip|nvidia|triton|cuda", requirement.name):
                missing |= {canonicalize_name(requirement.name)} - set(locked)
    assert missing == set()
