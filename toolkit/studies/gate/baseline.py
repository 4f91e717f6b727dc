"""The baseline of a regression check: a commit of the user's repository, checked out into a temporary folder."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from toolkit.core import folders
from toolkit.core.child_process import SOURCE
from toolkit.core.errors import InvalidValue, Unavailable
from toolkit.core.files import write_whole
from toolkit.studies.gate.environments import environment_of, requirement_lines
from toolkit.studies.gate.sides import Environment

LAST_GREEN = "last-green"
_REQUIREMENTS = ("requirements.lock", "requirements.txt")


def repository_of(path: Path) -> Path:
    """The top folder of the git repository that holds a path.

    Raises
    ------
    InvalidValue
        The path lies in no git repository.
    Unavailable
        Git is not installed.
    """
    folder = path if path.is_dir() else path.parent
    try:
        return Path(git(folder, "rev-parse", "--show-toplevel"))
    except InvalidValue:
        raise InvalidValue(
            "a baseline needs a git repository around the plug-in or the current folder; "
            f"got {str(path)!r}, which lies in no git repository."
        ) from None


def git(repository: Path, *arguments: str) -> str:
    """The output of a git command.

    Raises
    ------
    InvalidValue
        The git command fails.
    Unavailable
        Git is not installed.
    """
    try:
        done = subprocess.run(
            ["git", "-C", str(repository), *arguments], capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise Unavailable("a gate with a commit as baseline needs git; install it.") from error
    if done.returncode:
        raise InvalidValue(f"git {' '.join(arguments)} failed: {done.stderr.strip()}")
    return done.stdout.strip()


def commit_of(repository: Path, ref: str) -> str:
    """The full hash of the commit that a git ref names; ``last-green`` is the last commit that passed ``atelier gate``.

    Raises
    ------
    InvalidValue
        The repository has no such commit, or no commit has passed ``atelier gate`` yet.
    """
    if ref == LAST_GREEN:
        known = _green_commits().get(_root_commit(repository))
        if known is None:
            raise InvalidValue(
                f"--baseline {LAST_GREEN} needs a gate that has passed in this repository; got none. "
                "Name a commit, such as --baseline origin/main."
            )
        ref = known
    try:
        return git(repository, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    except InvalidValue:
        raise InvalidValue(
            f"--baseline must be a commit, branch or tag of {repository.name}, the file of a store, or {LAST_GREEN}; "
            f"got {ref!r}."
        ) from None


def remember_green(repository: Path) -> None:
    """Record the current commit as ``last-green``, unless the working tree differs from this commit."""
    if git(repository, "status", "--porcelain", "--untracked-files=no"):
        return
    known = _green_commits()
    known[_root_commit(repository)] = git(repository, "rev-parse", "HEAD")
    file = _green_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, json.dumps(known, indent=1))


def _root_commit(repository: Path) -> str:
    """The first commit of a repository, which is the same in all clones of the repository."""
    return git(repository, "rev-list", "--max-parents=0", "HEAD").splitlines()[-1]


def _green_file() -> Path:
    return folders.made_home() / "data" / "results" / "green_commits.json"


def _green_commits() -> dict[str, str]:
    file = _green_file()
    return dict(json.loads(file.read_text())) if file.exists() else {}


@contextmanager
def checked_out(repository: Path, commit: str, plugins: Sequence[str], *, name: str) -> Iterator[Environment]:
    """Context manager: an environment that measures a commit, with the commit's files in a temporary folder.

    The plug-ins are those of the commit. If the commit has other requirements than the working tree, the environment
    is a virtual environment with the commit's requirements. If the repository is Atelier's own, the environment
    imports Atelier as it was at the commit.

    Raises
    ------
    InvalidValue
        A plug-in lies outside the repository.
    Unavailable
        The commit's requirements cannot be installed.
    """
    with tempfile.TemporaryDirectory(prefix="atelier-baseline-") as folder:
        tree = Path(folder) / "tree"
        git(repository, "worktree", "add", "--detach", "--force", str(tree), commit)
        try:
            yield Environment(
                name=name,
                source=tree if SOURCE.resolve() == repository.resolve() else SOURCE,
                plugins=tuple(str(_in_tree(Path(file), repository, tree)) for file in plugins),
                **_python_of(repository, tree),
            )
        finally:
            git(repository, "worktree", "remove", "--force", str(tree))


def _in_tree(file: Path, repository: Path, tree: Path) -> Path:
    try:
        return tree / file.resolve().relative_to(repository.resolve())
    except ValueError:
        raise InvalidValue(
            f"--plugin must be in the repository {str(repository)!r}, so that the baseline has the file too; got "
            f"{str(file)!r}."
        ) from None


def _python_of(repository: Path, tree: Path) -> dict[str, str]:
    """A virtual environment's interpreter, if the baseline's requirements differ from the working tree's."""
    for name in _REQUIREMENTS:
        then, now = tree / name, repository / name
        if then.exists() and requirement_lines(then) != requirement_lines(now):
            return {"python": environment_of(requirement_lines(then))}
    return {}
