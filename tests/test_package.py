import subprocess
import sys

import pytest

import toolkit as tk

HEAVY = (
    "cv2 numba torch onnxruntime openvino pandas matplotlib scipy skimage PIL IPython ipywidgets anywidget numpy"
).split()
ACCEPTED = (
    "load save show apply apply_many apply_styles measure sweep Store tuner Tuner load_plugin OPERATIONS BACKENDS"
).split()


def _modules_after(code: str) -> set[str]:
    code += "\nimport sys\nprint(*sorted({name.split('.')[0] for name in sys.modules}))"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return set(answer.stdout.split())


@pytest.mark.parametrize("code", ["import toolkit", "import toolkit\ndir(toolkit)\ntoolkit.__version__"])
def test_importing_the_package_imports_nothing_else(code):
    assert not _modules_after(code) & set(HEAVY)


def test_reading_the_store_and_asking_for_a_grid_need_no_runtime():
    code = "import toolkit as tk\ntk.Store, tk.sweep, tk.Grid, tk.measure, list(tk.OPERATIONS), list(tk.BACKENDS)"
    assert not _modules_after(code) & set("cv2 numba torch onnxruntime openvino pandas matplotlib".split())


@pytest.mark.parametrize("name", tk.__all__)
def test_every_public_name_is_there_and_is_found_under_its_own_name(name):
    found = getattr(tk, name)
    assert getattr(found, "__name__", name).rpartition(".")[2] == name


def test_the_names_that_notebooks_hold_on_to():
    assert set(ACCEPTED) <= set(tk.__all__)
    assert dir(tk) == sorted(tk.__all__)


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'toolkit' has no attribute 'aply'"):
        _ = tk.aply
    assert not hasattr(tk, "core_image")


def test_star_import_gives_the_public_names():
    names: dict[str, object] = {}
    exec("from toolkit import *", names)
    assert set(tk.__all__) <= set(names)


BACKEND_FILE = """
from contextlib import nullcontext
import toolkit as tk

class Plain(tk.Backend):
    name = "own_runtime"
    module = distribution = install = "os"
    def session(self, placement):
        return nullcontext("the opened runtime")

BACKEND = Plain()
"""
OPERATION_FILE = """
import toolkit as tk

def kernel(runtime):
    assert runtime == "the opened runtime"
    return lambda image, *, gain: (image // gain).copy()

OPERATION = tk.Operation(
    name="own_filter", summary="Darker.", kernels={"own_runtime": kernel}, reference="own_runtime",
    prefer=("own_runtime",), params=(tk.Param(name="gain", default=2, low=1, high=9),),
)
"""


def test_a_plug_in_needs_no_other_import_than_the_package(tmp_path, monkeypatch):
    for registry in (tk.OPERATIONS, tk.BACKENDS):
        monkeypatch.setattr(registry, "_added", dict(registry._added))
    for name, content in (("own_runtime", BACKEND_FILE), ("own_filter", OPERATION_FILE)):
        file = tmp_path / f"{name}.py"
        file.write_text(content)
        tk.load_plugin(file)
    picture = tk.photo("coffee")
    darker = tk.apply("own_filter", picture, gain=4)
    assert (darker == picture // 4).all()
