"""The times that ``benchmarks/busy.py`` allows are those of the README, for every notebook and the demo."""

from pathlib import Path

from benchmarks.busy import DEMO, ROOT, SHORT, Run, stated_s


def test_the_readme_states_a_time_for_the_demo_and_every_notebook():
    found = stated_s((ROOT / "README.md").read_text(encoding="utf-8"))
    names = {file.stem for file in (ROOT / "notebooks").glob("*.ipynb")}
    assert found.keys() == names | {DEMO}
    assert set(SHORT) <= names
    assert all(5 <= seconds <= 1800 for seconds in found.values())


def test_a_late_an_incomplete_and_a_silent_run_miss_the_limits():
    def run(**given):
        facts = {"stated_s": 60.0, "took_s": 110.0, "n_asked": 4, "n_missing": 0, "says_busy": True}
        return Run(name="a", page=Path("a"), **{**facts, **given})

    assert run().holds
    assert run(n_asked=0, says_busy=False).holds
    assert not run(took_s=121.0).holds
    assert not run(n_missing=1).holds
    assert not run(says_busy=False).holds
