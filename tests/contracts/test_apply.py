import numpy as np
import pytest

import toolkit as tk
from toolkit.contracts.operation import OPERATIONS, Operation
from toolkit.core.errors import InvalidValue, TrialFailed, Unavailable, UnknownName

BIG = (2736, 2052)  # width and height just above cv2.stylization's limit


@pytest.fixture
def picture():
    return np.random.default_rng(7).integers(0, 256, (40, 60, 3), dtype=np.uint8)


def test_every_style_leaves_the_input_untouched_and_gives_a_new_picture(picture):
    names = [name for name in OPERATIONS if OPERATIONS[name].is_style]
    before = picture.copy()
    picture.setflags(write=False)
    styles = tk.apply_styles(picture, names)
    assert list(styles) == names
    for styled in styles.values():
        assert styled.shape == picture.shape and styled.dtype == np.uint8 and styled.flags.c_contiguous
        assert not np.shares_memory(styled, picture)
        assert (styled != picture).any()
    assert (picture == before).all()


def test_parameters_and_backend_do_what_they_say(picture):
    import cv2

    assert (
        tk.apply("oil_painting", picture, backend="opencv", size=3, dynRatio=20)
        == cv2.xphoto.oilPainting(picture, 3, 20)
    ).all()
    sketch = tk.apply("pencil_sketch", picture, backend="opencv")
    assert (sketch[..., 0] == sketch[..., 1]).all() and (sketch[..., 1] == sketch[..., 2]).all()
    assert (tk.apply("pencil_sketch", picture, backend="opencv", tone="color") != sketch).any()


def test_color_pencil_is_the_sketch_laid_over_the_photo(picture):
    import cv2

    color = cv2.pencilSketch(picture, sigma_s=40, sigma_r=0.1, shade_factor=0.1)[1].astype(float)
    made = tk.apply("color_pencil", picture, backend="opencv")
    assert np.abs(made - (0.7 * color + 0.3 * picture)).max() <= 0.5 + 1e-6
    assert (tk.apply("color_pencil", picture, backend="opencv", blend=0) == picture).all()


def test_threads_are_given_back(picture):
    import cv2

    before = cv2.getNumThreads()
    tk.apply("oil_painting", picture, backend="opencv", threads=before + 1)
    assert cv2.getNumThreads() == before
    with pytest.raises(TrialFailed):
        tk.apply(_added("breaks", _raiser(RuntimeError("planted"))), picture, threads=before + 1)
    assert cv2.getNumThreads() == before


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"backend": "opencw"}, UnknownName, "Did you mean 'opencv'?"),
        (
            {"threads": 0},
            InvalidValue,
            "'threads' of a placement must be a whole number in [1, 1024]; got 0.",
        ),
        ({"device": "tpu"}, InvalidValue, "'device' of a placement must be one of cpu, cuda; got 'tpu'."),
        (
            {"backend": "opencv", "device": "cuda"},
            Unavailable,
            "'device' of backend opencv must be one of cpu; got 'cuda'.",
        ),
        ({"precision": "int8"}, Unavailable, "must be one of fp32; got 'int8'."),
        ({"size": 0}, InvalidValue, "'size' of oil_painting must be a whole number in [1, 50] px; got 0."),
        ({"size": float("nan")}, InvalidValue, "got nan"),
        ({"size": "7"}, InvalidValue, "got '7'"),
        ({"sise": 7}, UnknownName, "Did you mean 'size'?"),
    ],
)
def test_what_cannot_be_done_gets_one_sentence(picture, arguments, error, said):
    with pytest.raises(error) as caught:
        tk.apply("oil_painting", picture, **arguments)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("image", "got"),
    [
        (np.zeros((4, 4), np.uint8), "uint8 (4, 4)"),
        (np.zeros((4, 4, 4), np.uint8), "uint8 (4, 4, 4)"),
        (np.zeros((4, 4, 3), np.float32), "float32 (4, 4, 3)"),
        (np.zeros((0, 4, 3), np.uint8), "uint8 (0, 4, 3)"),
        ("photo.jpg", "'str'"),
    ],
)
def test_what_is_no_picture_gets_one_sentence(image, got):
    with pytest.raises(InvalidValue) as caught:
        tk.apply("oil_painting", image)
    assert str(caught.value).startswith("'image' of oil_painting must be a uint8 array")
    assert got in str(caught.value)


def test_a_backend_that_is_wrong_at_this_size_is_refused_before_it_runs():
    width, height = BIG
    with pytest.raises(InvalidValue) as caught:
        tk.apply("stylization", np.zeros((height, width, 3), np.uint8), backend="opencv")
    said = str(caught.value)
    assert said.startswith("cv2.stylization is wrong at 2736 x 2052 px")
    assert said.endswith("Use another backend, or shrink the picture first with fit_pixels.")


def _raiser(error):
    def kernel(image):
        raise error

    return kernel


def _added(name: str, kernel) -> str:
    if name not in OPERATIONS:
        OPERATIONS.add(Operation(name=name, summary="", kernels={"opencv": lambda cv2: kernel}))
    return name


@pytest.fixture(autouse=True)
def forgotten_afterwards(monkeypatch):
    monkeypatch.setattr(OPERATIONS, "_added", dict(OPERATIONS._added))


def test_whatever_a_kernel_raises_becomes_one_sentence(picture):
    broken = _added("breaks", _raiser(ValueError("two\n  lines.")))
    with pytest.raises(TrialFailed) as caught:
        tk.apply(broken, picture)
    assert str(caught.value) == "breaks failed on backend 'opencv': ValueError: two lines."
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("call", [tk.apply, lambda name, image: tk.apply_many(name, [image])])
def test_so_does_a_model_that_does_not_fit_into_memory(picture, call):
    def load(cv2):
        raise MemoryError("too large")

    OPERATIONS.add(Operation(name="does_not_fit", summary="", kernels={"opencv": load}))
    with pytest.raises(
        TrialFailed,
        match=r"does_not_fit ran out of memory on backend 'opencv' \(too large\)\. A smaller picture \(--max",
    ):
        call("does_not_fit", picture)


@pytest.mark.parametrize(("tile", "said"), [(0, "Tiles (--tile 1024)"), (512, "A smaller picture")])
def test_a_network_that_can_be_tiled_says_so_where_memory_is_short(tile, said):
    fsrcnn = OPERATIONS["fsrcnn"]
    assert fsrcnn.lighter_way(fsrcnn.resolve({"tile": tile})).startswith(said)


def test_a_sentence_of_ours_stays_as_it_is(picture):
    with pytest.raises(Unavailable, match="^weights are missing$"):
        tk.apply(_added("bare", _raiser(Unavailable("weights are missing"))), picture)


class TestMany:
    """`apply_many`: pictures of any sizes, each with its own answer."""

    def test_each_output_is_what_apply_gives(self):
        photos = [
            tk.photo("coffee")[:48, :64],
            tk.photo("astronaut")[:48, :64],
            tk.photo("chelsea")[:31, :17],
        ]
        many = tk.apply_many("fsrcnn", photos, backend="onnxruntime", weights="untrained", scale=2)
        for photo, output in zip(photos, many, strict=True):
            one = tk.apply("fsrcnn", photo, backend="onnxruntime", weights="untrained", scale=2)
            assert np.array_equal(output, one)

    def test_no_more_than_a_megapixel_goes_through_together(self, tmp_path):
        """A graph that gives each picture the mean of those beside it tells who they were."""
        onnx = pytest.importorskip("onnx")
        pytest.importorskip("onnxruntime")
        make, kind = onnx.helper, onnx.TensorProto.FLOAT
        nodes = [
            make.make_node("ReduceMean", ["image"], ["mean"], axes=[0], keepdims=1),
            make.make_node("Sub", ["image", "image"], ["nothing"]),
            make.make_node("Add", ["nothing", "mean"], ["output"]),
        ]
        given = make.make_tensor_value_info("image", kind, ["n", 3, "h", "w"])
        made = make.make_tensor_value_info("output", kind, ["n", 3, "h", "w"])
        graph = make.make_graph(nodes, "own", [given], [made])
        file = tmp_path / "mean.onnx"
        onnx.save(make.make_model(graph, opset_imports=[make.make_opsetid("", 13)], ir_version=8), file)

        def levels(height: int, *values: int) -> list[int]:
            pictures = [np.full((height, 1000, 3), value, np.uint8) for value in values]
            return [int(out[0, 0, 0]) for out in tk.apply_many("onnx_model", pictures, file=str(file))]

        assert levels(100, 10, 20, 60) == [30, 30, 30]
        assert levels(400, 10, 20, 60) == [15, 15, 60]
        assert levels(1001, 10, 20) == [10, 20]

    def test_a_bad_picture_leaves_the_others_alone(self, tmp_path):
        damaged = tmp_path / "damaged.jpg"
        damaged.write_bytes(b"\xff\xd8\xff no picture")
        good = tk.photo("coffee")[:32, :40]
        first, second, third = tk.apply_many("oil_painting", [good, damaged, np.zeros((4, 4, 3))])
        assert first.shape == good.shape
        assert isinstance(second, InvalidValue) and "damaged.jpg" in str(second)
        assert isinstance(third, InvalidValue) and "uint8" in str(third)

    def test_a_wrong_parameter_concerns_all(self):
        with pytest.raises(InvalidValue, match="'size' of oil_painting"):
            tk.apply_many("oil_painting", [tk.photo("coffee")], size=1000)
