"""Trials of the planted plug-ins, whose answers are known."""

from pathlib import Path

from toolkit.bench.plan import Plan
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.operation import load_plugin
from toolkit.contracts.trial import Trial

PLUGINS = Path(__file__).parent.parent / "plugins"
SHORT = Plan(blocks=2, seconds=0.1, timeout_s=90.0)


def trial_of(name: str, **changes: object) -> Trial:
    path = PLUGINS / f"{name}.py"
    sha = load_plugin(path)
    asked = {"images": ("coffee",), "size": (64, 48), **changes}
    return make_trial(name, "opencv", plugins=((str(path), sha),), **asked)
