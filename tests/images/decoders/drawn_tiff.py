"""TIFF files drawn by hand, each with the picture that it holds; None if it must be refused."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Sequence
from itertools import product

import cv2
import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image

from tests.images.decoders.drawn_png import Drawn, packed

RNG = np.random.default_rng(13)
HEIGHT, WIDTH, ROWS = 37, 45, 8
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK = 0, 1, 2, 3, 5
RAW, PACKBITS, DEFLATE = 1, 32773, 8
SHORT, LONG, LONG8 = 3, 4, 16
Values = npt.NDArray[np.uint16]
Tags = dict[int, tuple[int, Sequence[int]]]


def packbits(row: bytes) -> bytes:
    """Literal runs only."""
    parts = [row[at : at + 128] for at in range(0, len(row), 128)]
    return b"".join(bytes([len(part) - 1]) + part for part in parts)


PACKERS: dict[int, Callable[[list[bytes]], bytes]] = {
    RAW: b"".join,
    PACKBITS: lambda rows: b"".join(map(packbits, rows)),
    DEFLATE: lambda rows: zlib.compress(b"".join(rows)),
}


def tiff(pages: Sequence[tuple[Tags, Sequence[bytes]]], *, order: str = "<", big: bool = False) -> bytes:
    """A file of pages, each of tags and strips; places and lengths of strips are added to the tags."""
    word, count, entry = (order + "Q", order + "Q", 20) if big else (order + "I", order + "H", 12)
    mark = b"II" if order == "<" else b"MM"
    out = bytearray(
        mark + struct.pack(order + "HHH", 43, 8, 0) if big else mark + struct.pack(order + "H", 42)
    )
    link = len(out)
    out += bytes(8 if big else 4)
    for given, strips in pages:
        tags = dict(given)
        for strip in strips:
            tags[273] = LONG, [*tags.get(273, (LONG, []))[1], len(out)]
            tags[279] = LONG, [*tags.get(279, (LONG, []))[1], len(strip)]
            out += strip + bytes(len(strip) % 2)
        fields = []
        for tag, (kind, values) in sorted({**tags, **given}.items()):
            content = struct.pack(order + {SHORT: "H", LONG: "I", 7: "B"}[kind] * len(values), *values)
            if len(content) > (8 if big else 4):
                place, content = len(out), content + bytes(len(content) % 2)
                out += content
                content = struct.pack(word, place)
            head = struct.pack(order + "HH" + word[1], tag, kind, len(values))
            fields.append(head + content.ljust(8 if big else 4, b"\0"))
        out[link : link + struct.calcsize(word)] = struct.pack(word, len(out))
        out += struct.pack(count, len(fields)) + b"".join(fields)
        link = len(out)
        out += bytes(8 if big else 4)
        assert all(len(field) == entry for field in fields)
    return bytes(out)


def page(
    values: Values,
    depth: int,
    photometric: int,
    *,
    compression: int = RAW,
    extra: int | None = None,
    **more: tuple,
) -> tuple[Tags, list[bytes]]:
    """Tags and strips of (H, W, C) values; `more` has further tags as ``t320=(kind, values)``."""
    rows, channels = packed(values, depth), values.shape[2]
    strips = [PACKERS[compression](rows[at : at + ROWS]) for at in range(0, len(rows), ROWS)]
    tags: Tags = {
        256: (SHORT, [values.shape[1]]),
        257: (SHORT, [values.shape[0]]),
        258: (SHORT, [depth] * channels),
        259: (SHORT, [compression]),
        262: (SHORT, [photometric]),
        277: (SHORT, [channels]),
        278: (SHORT, [ROWS]),
    }
    if extra is not None:
        tags[338] = SHORT, [extra]
    return tags | {int(name[1:]): tag for name, tag in more.items()}, strips


def swapped(strips: list[bytes], depth: int, compression: int) -> list[bytes]:
    """Strips of 16-bit values in little-endian order."""
    assert depth != 16 or compression == RAW
    return (
        [np.frombuffer(strip, ">u2").astype("<u2").tobytes() for strip in strips] if depth == 16 else strips
    )


def levels(values: Values, depth: int) -> npt.NDArray[np.float64]:
    return np.rint(values * 255.0 / ((1 << depth) - 1))


def bgr(rgb: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    return np.broadcast_to(np.rint(np.asarray(rgb)), (HEIGHT, WIDTH, 3)).astype(np.uint8)[..., ::-1]


def drawn(depth: int, channels: int) -> Values:
    return RNG.integers(0, 1 << depth, (HEIGHT, WIDTH, channels), dtype=np.uint16)


def sound() -> Drawn:
    for depth, order, big in product((1, 2, 4, 8, 16), "<>", (False, True)):
        if big and order == ">":
            continue
        for compression in PACKERS:
            if depth == 16 and compression != RAW:
                continue
            label = f"{depth} bits, {order}{', BigTIFF' if big else ''}, compression {compression}"
            for kind in (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK):
                if (kind in (RGB, CMYK) and depth < 8) or (kind in (PALETTE, CMYK) and depth == 16):
                    continue
                if depth == 16 and kind == WHITE_IS_ZERO and order == ">":  # Pillow lacks it
                    continue
                values = drawn(depth, {RGB: 3, CMYK: 4}.get(kind, 1))
                more, shown = {}, levels(values, depth)
                if kind == WHITE_IS_ZERO:
                    shown = 255 - shown
                elif kind == PALETTE:
                    colours = RNG.integers(0, 256, (1 << depth, 3), dtype=np.uint16)
                    factor = 257 if compression == RAW else 1
                    more["t320"] = SHORT, [int(value) * factor for value in colours.T.ravel()]
                    shown = colours[values[..., 0]]
                elif kind == CMYK:
                    shown = (255 - shown[..., :3]) * (255 - shown[..., 3:]) / 255
                tags, strips = page(values, depth, kind, compression=compression, **more)
                if order == "<":
                    strips = swapped(strips, depth, compression)
                yield f"photometric {kind}, {label}", tiff([(tags, strips)], order=order, big=big), bgr(shown)


def extras() -> Drawn:
    """Alpha, other samples, separate planes, tiles and the compressions of libtiff."""
    for depth in (8, 16):
        values = drawn(depth, 4)
        colour, alpha = levels(values[..., :3], depth), levels(values[..., 3:], depth)
        for extra, shown in ((0, colour), (2, 255 - (255 - colour) * alpha / 255)):
            yield f"RGB, extra sample {extra}, {depth} bits", one(values, depth, RGB, extra=extra), bgr(shown)
        grey = values[..., [0, 3]]
        on_white = 255 - (255 - colour[..., :1]) * alpha / 255
        if depth == 8:
            yield "grey and alpha", one(grey, depth, BLACK_IS_ZERO, extra=2), bgr(on_white)
    covered = np.minimum(drawn(8, 4), [[[255, 255, 255, 255]]])
    covered[..., :3] = covered[..., :3] * covered[..., 3:] // 255
    on_white = covered[..., :3] + 255 - covered[..., 3:].astype(float)
    yield "premultiplied", one(covered.astype(np.uint16), 8, RGB, extra=1), bgr(on_white)
    smooth = cv2.resize(
        RNG.integers(0, 256, (5, 6, 3), dtype=np.uint8), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC
    )
    for planes, compression, order in product(("contig", "separate"), (None, "zlib"), "<>"):
        given = np.ascontiguousarray(np.moveaxis(smooth, -1, 0)) if planes == "separate" else smooth
        file = io.BytesIO()
        how = {"photometric": "rgb", "planarconfig": planes, "compression": compression, "metadata": None}
        tifffile.imwrite(
            file, given, tile=(32, 16), byteorder=order, predictor=compression is not None, **how
        )
        yield f"tiles, {planes}, {compression}, {order}", file.getvalue(), smooth[..., ::-1]
    for name in ("tiff_lzw", "packbits", "tiff_adobe_deflate", "tiff_deflate", "zstd", "lzma"):
        yield f"libtiff's {name}", saved(smooth, name), smooth[..., ::-1]
    bits = smooth[..., 0] > 127
    for name in ("group3", "group4", "tiff_ccitt"):
        yield f"libtiff's {name}", saved(bits, name), bgr(np.where(bits, 255, 0)[..., None])
    yield "libtiff's jpeg", saved(smooth, "jpeg"), decoded(saved(smooth, "jpeg"))


def one(values: Values, depth: int, photometric: int, **how: int) -> bytes:
    tags, strips = page(values, depth, photometric, **how)
    return tiff([(tags, strips)], order=">")


def saved(rgb: npt.NDArray[np.generic], compression: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "TIFF", compression=compression)
    return file.getvalue()


def decoded(data: bytes) -> npt.NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))[..., ::-1]


def odd() -> Drawn:
    values = drawn(8, 3)
    for compression in PACKERS:
        tags, strips = page(values, 8, RGB, compression=compression)
        label = f"compression {compression}"
        whole = tiff([(tags, strips)])
        yield f"{label}, sound", whole, bgr(values)
        yield f"{label}, bytes after the end", whole + b"superfluous" * 50, bgr(values)
        yield f"{label}, a strip too few", tiff([(tags, strips[:-1])]), None
        yield (
            f"{label}, half a strip",
            tiff([(tags, [*strips[:2], strips[2][: len(strips[2]) // 2], *strips[3:]])]),
            None,
        )
        yield f"{label}, an empty strip", tiff([(tags, [*strips[:2], b"", *strips[3:]])]), None
        yield f"{label}, the last strip short", tiff([(tags, [*strips[:-1], strips[-1][:-9]])]), None
        away = LONG, [*range(8, 8 + len(strips) - 1), 10**6]
        yield f"{label}, a strip beyond the end", tiff([({**tags, 273: away}, strips)]), None
        end = whole.index(strips[-1]) + len(strips[-1]) // 2
        front = tiff_with_tags_first(tags, strips)
        yield f"{label}, tags first", front, bgr(values)
        for share in (0.3, 0.6, 0.95):
            yield f"{label}, tags first, file ends at {share:.0%}", front[: int(len(front) * share)], None
        assert end
    flipped = bytearray(page(values, 8, RGB, compression=DEFLATE)[1][1])
    flipped[len(flipped) // 2] ^= 0x55
    tags, strips = page(values, 8, RGB, compression=DEFLATE)
    yield "deflate, a wrong byte", tiff([(tags, [strips[0], bytes(flipped), *strips[2:]])]), None
    smooth = cv2.resize(
        RNG.integers(0, 256, (5, 6, 3), dtype=np.uint8), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC
    )
    for name in ("tiff_lzw", "tiff_adobe_deflate", "jpeg", "lzma"):
        yield from zeroed(f"libtiff's {name}", saved(smooth, name))
    for name in ("group3", "group4"):
        yield from zeroed(f"libtiff's {name}", saved(RNG.random((HEIGHT, WIDTH)) < 0.5, name))


def zeroed(name: str, whole: bytes) -> Drawn:
    """A file whose only strip is shorter than its tags say, and one whose tags say so."""
    opened = Image.open(io.BytesIO(whole))
    (start,), (length,) = opened.tag_v2[273], opened.tag_v2[279]
    yield (
        f"{name}, zeros from the middle",
        whole[: start + length // 2] + bytes(length - length // 2) + whole[start + length :],
        None,
    )
    at = whole.index(struct.pack("<HH", 279, LONG))
    short = whole[: at + 8] + struct.pack("<I", length // 2) + whole[at + 12 :]
    yield f"{name}, half the data", short, None


def tiff_with_tags_first(tags: Tags, strips: Sequence[bytes]) -> bytes:
    """Most programs write the pixels last, so that a cut file keeps its tags."""
    probe = tiff([({**tags, 273: (LONG, [0] * len(strips)), 279: (LONG, [0] * len(strips))}, [])])
    places, at = [], len(probe)
    for strip in strips:
        places.append(at)
        at += len(strip)
    lengths = [len(strip) for strip in strips]
    return tiff([({**tags, 273: (LONG, places), 279: (LONG, lengths)}, [])]) + b"".join(strips)
