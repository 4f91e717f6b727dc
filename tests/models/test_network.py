"""Networks: transforms, padding, tiles, seeded weights, and what is said when something is missing."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.core.errors import InvalidValue, Unavailable, UnknownName, Unsupported
from toolkit.models import transforms
from toolkit.models.network import Network

PHOTO = np.random.default_rng(0).integers(0, 256, (23, 37, 3), np.uint8)
RGB_UNIT = {"before": transforms.rgb_unit, "after": transforms.from_rgb_unit}
LUMA = {"before": transforms.luma, "after": transforms.from_luma}

FSRCNN = Network(
    name="fsrcnn_x3", architecture="fsrcnn", arguments={"scale": 3}, weights="FSRCNN_x3.pb",
    graphs={"pb": "FSRCNN_x3.pb"}, scale=3, halo=6, **LUMA,
)  # fmt: skip
CARN_M = Network(
    name="carn_m_x2", architecture="carn", arguments={"scale": 2, "light": True}, weights="carn_m.pth",
    scale=2, halo=21, **RGB_UNIT,
)  # fmt: skip
ANIME = Network(
    name="animegan_paprika", architecture="animegan", weights="paprika.pt", multiple=8,
    before=transforms.rgb_signed, after=transforms.from_rgb_signed,
    whole_because="its normalisation takes statistics over the whole picture",
)  # fmt: skip
PRISMA = Network(
    name="prisma", graphs={"onnx": "prisma_nchw.onnx"}, size=(256, 256), whole_because="it has one input size",
    **RGB_UNIT,
)  # fmt: skip
NETWORKS = [
    FSRCNN,
    CARN_M,
    ANIME,
    Network(name="espcn_x2", architecture="espcn", arguments={"scale": 2}, scale=2, halo=4, **LUMA),
    Network(
        name="edsr_x2", architecture="edsr", scale=2, halo=7, before=transforms.rgb_levels,
        arguments={"scale": 2, "blocks": 2, "filters": 8, "residual_scale": 1.0}, after=transforms.from_rgb_levels,
    ),
    Network(name="carn_x4", architecture="carn", arguments={"scale": 4, "light": True}, scale=4, halo=21, **RGB_UNIT),
]  # fmt: skip
BY_NAME = [net.name for net in NETWORKS]


@pytest.fixture(autouse=True)
def no_weights_here(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("ATELIER_WEIGHTS", raising=False)


def runner(network: Network):
    torch = pytest.importorskip("torch")
    module = network.untrained().module()

    def infer(tensor):
        with torch.inference_mode():
            return module(torch.from_numpy(np.ascontiguousarray(tensor))).numpy()

    return infer


@pytest.mark.parametrize(("before", "after"), [
    (transforms.rgb_unit, transforms.from_rgb_unit),
    (transforms.rgb_signed, transforms.from_rgb_signed),
    (transforms.rgb_levels, transforms.from_rgb_levels),
    (transforms.bgr_centred, transforms.from_bgr_centred),
])  # fmt: skip
def test_there_and_back_is_the_same_picture(before, after):
    tensor = before(PHOTO)
    assert tensor.shape == (1, 3, 23, 37) and tensor.dtype == np.float32
    assert np.array_equal(after(tensor, PHOTO), PHOTO)
    every = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    assert np.array_equal(after(before(every), every), every)


def test_channels_and_ranges_are_what_is_said():
    blue = np.zeros((1, 1, 3), np.uint8)
    blue[..., 0] = 255
    assert transforms.rgb_unit(blue).ravel().tolist() == [0, 0, 1]
    assert transforms.rgb_signed(blue).ravel().tolist() == [-1, -1, 1]
    assert transforms.rgb_levels(blue).ravel().tolist() == [0, 0, 255]
    assert transforms.bgr_centred(blue).ravel() == pytest.approx(
        [255 - 103.1545782, -111.561547, -114.35629928]
    )
    assert transforms.luma(blue).ravel() == pytest.approx([29 / 255])  # 0.114 x 255, rounded to a level


def test_luma_keeps_the_colours_of_the_picture():
    flat = np.full((4, 5, 3), (40, 90, 200), np.uint8)
    bigger = np.repeat(np.repeat(transforms.luma(flat), 2, axis=2), 2, axis=3)
    out = transforms.from_luma(bigger, flat)
    assert out.shape == (8, 10, 3)
    assert np.abs(out.astype(int) - flat[0, 0]).max() <= 2  # levels of YCrCb are coarser than those of BGR


def test_outputs_beyond_the_range_are_clipped():
    wild = np.array([-3.0, 0.5, 7.0], np.float32).reshape(1, 3, 1, 1)
    assert transforms.from_rgb_unit(wild, PHOTO).ravel().tolist() == [255, 128, 0]
    wild = np.array([-1e10, 0.5, 1e10], np.float32).reshape(1, 3, 1, 1)
    assert transforms.from_rgb_unit(wild, PHOTO).ravel().tolist() == [255, 128, 0]
    white = transforms.from_luma(np.full((1, 1, 23, 37), 1e10, np.float32), np.full_like(PHOTO, 90))
    assert (white == 255).all()


@pytest.mark.parametrize("tile", [None, 16])
@pytest.mark.parametrize("planted", [np.nan, np.inf, -np.inf])
def test_an_output_that_is_no_number_is_refused_and_no_black_picture(planted, tile):
    network = next(n for n in NETWORKS if n.halo is not None)

    def infer(tensor):
        output = runner(network)(tensor)
        output[0, -1, -1, -1] = planted
        return output

    with pytest.raises(InvalidValue, match=f"network '{network.name}' must give finite numbers; it gave NaN"):
        network.apply(infer, PHOTO, tile=tile)


@pytest.mark.parametrize("network", NETWORKS, ids=BY_NAME)
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (17, 31)])
def test_any_size_gives_the_scaled_size_and_leaves_the_picture_alone(network, size):
    picture = PHOTO[: size[0], : size[1]].copy()
    before = picture.copy()
    out = network.apply(runner(network), picture)
    assert out.dtype == np.uint8 and out.flags.c_contiguous
    assert out.shape == (size[0] * network.scale, size[1] * network.scale, 3)
    assert np.array_equal(picture, before)


@pytest.mark.parametrize("network", [n for n in NETWORKS if n.halo is not None], ids=lambda n: n.name)
def test_tiles_give_the_picture_of_the_whole(network):
    picture = np.random.default_rng(1).integers(0, 256, (20, 2 * network.halo + 30, 3), np.uint8)
    infer = runner(network)
    seen = []

    def counted(tensor):
        seen.append(tensor.shape)
        return infer(tensor)

    whole = network.apply(infer, picture)
    tiled = network.apply(counted, picture, tile=16)
    assert len(seen) >= 2 * 3 and len(set(seen)) == 1
    assert np.abs(whole.astype(int) - tiled).max() <= 1  # a last digit may round to the other level
    assert np.mean(whole != tiled) < 1e-3


@pytest.mark.parametrize("network", [n for n in NETWORKS if n.halo is not None], ids=lambda n: n.name)
def test_the_halo_is_the_reach_of_the_network(network):
    infer = runner(network)
    reach = network.halo
    middle, side = reach + 2, 2 * reach + 5
    channels = 1 if network.before is transforms.luma else 3
    x = np.random.default_rng(2).random((1, channels, side, side), np.float32)

    def change(distance: int) -> float:
        """Largest change of the middle's output when everything beyond `distance` px is another picture."""
        other = np.random.default_rng(3).random(x.shape, np.float32)
        inside = np.s_[
            :, :, middle - distance : middle + distance + 1, middle - distance : middle + distance + 1
        ]
        other[inside] = x[inside]
        pixel = slice(middle * network.scale, (middle + 1) * network.scale)
        return float(np.abs(infer(x) - infer(other))[:, :, pixel, pixel].max())

    assert change(reach) <= 1e-5
    assert change(reach // 2) > 1e-5


def test_statistics_over_the_whole_picture_refuse_tiles_with_the_reason():
    with pytest.raises(
        Unsupported, match="animegan_paprika cannot be tiled: its normalisation takes statistics"
    ):
        ANIME.apply(lambda x: x, PHOTO, tile=16)


def test_a_tile_of_no_size_is_refused():
    with pytest.raises(InvalidValue, match="'tile' of a network must be a positive multiple of 1 px; got 0"):
        FSRCNN.apply(lambda x: x, PHOTO, tile=0)


def test_padding_repeats_the_edge_and_is_cut_away():
    seen = ANIME.prepare(PHOTO)
    assert seen.shape == (1, 3, 24, 40)
    assert np.array_equal(seen[..., 23, :], seen[..., 22, :])
    assert np.array_equal(ANIME.apply(lambda x: x, PHOTO), PHOTO)


def test_without_weights_it_is_unavailable_and_says_source_and_checksum():
    for get in (CARN_M.checkpoint, CARN_M.module):
        with pytest.raises(Unavailable, match="nmhkahn/CARN-pytorch.*sha256:d48a759a"):
            get()
    with pytest.raises(Unavailable, match="'prisma_nchw.onnx' are not on this machine"):
        PRISMA.graph("onnx")
    assert PRISMA.graph("tflite") is None


def test_untrained_networks_say_so_and_are_the_same_every_time():
    infer, again = runner(FSRCNN), runner(FSRCNN)
    untrained = FSRCNN.untrained()
    assert untrained.label == "fsrcnn_x3 (untrained)" and not untrained.is_trained
    assert FSRCNN.label == "fsrcnn_x3" and FSRCNN.is_trained
    assert untrained.checkpoint() is None and untrained.graph("pb") is None
    out = FSRCNN.apply(infer, PHOTO)
    assert np.array_equal(out, FSRCNN.apply(again, PHOTO))
    assert out.std() > 10  # agreement on one flat colour would say nothing


def test_a_graph_has_no_untrained_form_and_no_module():
    with pytest.raises(Unavailable, match="prisma is published as a graph only"):
        PRISMA.untrained()
    with pytest.raises(Unsupported, match=r"prisma has no torch module; it is published as a graph \(onnx\)"):
        PRISMA.module()


def test_a_network_without_published_weights_runs_untrained_only():
    unet = Network(
        name="unet",
        architecture="unet_matting",
        multiple=16,
        whole_because="it sees the whole portrait",
        **RGB_UNIT,
    )
    with pytest.raises(Unavailable, match="no weights are published for unet; it runs untrained"):
        unet.module()


@pytest.mark.parametrize(("given", "error", "said"), [
    ({"graphs": {}, "architecture": ""}, InvalidValue, "an architecture or a graph"),
    ({"halo": 3}, InvalidValue, "either a halo or the reason"),
    ({"whole_because": ""}, InvalidValue, "either a halo or the reason"),
    ({"weights": "prisma_nhwc.onnx"}, UnknownName, "Did you mean 'prisma_nchw.onnx'"),
])  # fmt: skip
def test_wrong_declarations_are_refused(given, error, said):
    fields = {"name": "x", "graphs": {"onnx": "prisma_nchw.onnx"}, "whole_because": "one size"} | RGB_UNIT
    with pytest.raises(error, match=said):
        Network(**(fields | given))
