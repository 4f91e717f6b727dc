import dataclasses

import pytest

from toolkit.contracts.backend import BACKENDS, Placement
from toolkit.contracts.operation import OPERATIONS, RESERVED, Operation
from toolkit.core.errors import InvalidValue, Unavailable, Unsupported
from toolkit.core.params import Param

OPENCV = BACKENDS["opencv"]


def op(**changes: object) -> Operation:
    return Operation(
        **{"name": "test_only", "summary": "", "kernels": {"opencv": lambda cv2: None}, **changes}
    )


def test_fixed_parameters_go_to_the_builder_and_free_ones_to_each_call():
    built = []

    def builder(runtime, radius):
        built.append((runtime, radius))
        return lambda image, gain: image * gain + radius

    operation = op(
        kernels={"opencv": builder},
        params=(Param(name="radius", default=2, rebuild=True), Param(name="gain", default=3)),
    )
    run = operation.build(OPENCV, "the runtime", operation.resolve({"gain": 5}))
    assert built == [("the runtime", 2)]
    assert [run(1), run(10)] == [7, 52]
    assert len(built) == 1


def test_a_backend_without_a_kernel_is_unsupported():
    operation = op(kernels={"numba": lambda runtime: None})
    with pytest.raises(Unsupported, match=r"test_only cannot run on backend 'opencv'; it runs on numba."):
        operation.build(OPENCV, None, {})


@pytest.mark.parametrize("name", [*sorted(RESERVED), "two words", "a,b", "a=b", "step.param", ""])
def test_a_parameter_that_could_not_be_written_is_refused(name):
    with pytest.raises(InvalidValue, match="'params' of test_only must be a unique Python name"):
        op(params=(Param(name=name, default=1),))


def test_a_parameter_declared_twice_is_refused():
    with pytest.raises(InvalidValue, match="got 'size'"):
        op(params=(Param(name="size", default=1), Param(name="size", default=2)))


def test_output_shape_follows_scale_and_channels_or_its_own_rule():
    assert op(scale=2, channels=4).shape(10, 20, {}) == (20, 40, 4)
    assert op(output_shape=lambda h, w, p: (h // p["by"], w, 1)).shape(10, 20, {"by": 5}) == (2, 20, 1)


class TestChoice:
    big = (3024, 4032)

    def test_the_first_preferred_backend_that_is_right_here(self):
        def limit(height, width, params):
            return f"f is wrong at {width} x {height} px." if height > 1000 else ""

        limited = op(prefer=("opencv",), size_limits={"opencv": limit})
        assert limited.choose_backend(100, 100, {}) == "opencv"
        with pytest.raises(Unavailable) as caught:
            limited.choose_backend(*self.big, {})
        said = str(caught.value)
        assert said.startswith(
            "test_only has no backend for 4032 x 3024 px here: f is wrong at 4032 x 3024 px"
        )
        assert said.endswith("px.")

    def test_a_backend_without_the_device_or_the_precision_is_passed_over(self):
        network = OPERATIONS["fsrcnn"]
        given = network.resolve({})
        if not BACKENDS["torch"].is_installed() or not BACKENDS["openvino"].is_installed():
            pytest.skip("torch and openvino are not both installed")
        assert network.choose_backend(48, 64, given) == "openvino"
        assert network.choose_backend(48, 64, given, Placement(precision="bf16")) == "openvino"
        assert network.choose_backend(48, 64, given, Placement(device="cuda")) in ("onnxruntime", "torch")
        with pytest.raises(Unavailable, match="backend opencv must be one of cpu; got 'cuda'"):
            op(prefer=("opencv",)).choose_backend(48, 64, {}, Placement(device="cuda"))

    def test_an_unknown_preference_is_named(self):
        with pytest.raises(InvalidValue, match="'prefer' .* got 'opencw'"):
            op(prefer=("opencw",))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"threads": 0}, "'threads' of a placement must be a whole number in [1, 1024]; got 0."),
        ({"threads": True}, "got True."),
        ({"threads": 10**9}, "got 1000000000."),
        ({"threads": "2"}, "got '2'."),
        ({"device": "gpu"}, "'device' of a placement must be one of cpu, cuda; got 'gpu'."),
        (
            {"precision": "fp64"},
            "'precision' of a placement must be one of fp32, bf16, fp16, int8; got 'fp64'.",
        ),
    ],
)
def test_a_placement_that_cannot_be_is_refused(wrong, said):
    with pytest.raises(InvalidValue) as caught:
        Placement(**wrong)
    assert said in str(caught.value)


def test_a_device_or_precision_that_a_runtime_has_not_is_unavailable():
    with pytest.raises(Unavailable, match=r"'device' of backend opencv must be one of cpu; got 'cuda'."):
        OPENCV.check(Placement(device="cuda"))
    with pytest.raises(Unavailable, match="'precision' of backend opencv must be one of fp32; got 'int8'"):
        OPENCV.check(Placement(precision="int8"))


def test_operations_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        op().name = "other"
