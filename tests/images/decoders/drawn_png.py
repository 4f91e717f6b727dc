"""PNG files drawn by hand, each with the picture that it holds; None if it must be refused."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from tests.images.picture_files import png_chunk

Expected = npt.NDArray[np.uint8] | None
Drawn = Iterator[tuple[str, bytes, Expected]]

RNG = np.random.default_rng(11)
HEIGHT, WIDTH = 13, 19
GREY, RGB, INDEXED, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, INDEXED: 1, GREY_ALPHA: 2, RGBA: 4}
DEPTHS = {GREY: (1, 2, 4, 8, 16), RGB: (8, 16), INDEXED: (1, 2, 4, 8), GREY_ALPHA: (8, 16), RGBA: (8, 16)}
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def packed(values: npt.NDArray[np.uint16], depth: int) -> list[bytes]:
    """Each row of (H, W, C) values as bytes, the first value in the highest bits."""
    flat = values.reshape(len(values), -1)
    if depth == 16:
        return [row.astype(">u2").tobytes() for row in flat]
    bits = (flat[..., None] >> np.arange(depth - 1, -1, -1)) & 1
    return [np.packbits(row.reshape(-1).astype(np.uint8)).tobytes() for row in bits]


def rows_of(values: npt.NDArray[np.uint16], depth: int, *, interlaced: bool) -> bytes:
    if not interlaced:
        return b"".join(b"\0" + row for row in packed(values, depth))
    parts = (values[top::down, left::across] for left, top, across, down in PASSES)
    return b"".join(b"\0" + row for part in parts if part.size for row in packed(part, depth))


def png(
    rows: bytes,
    *,
    depth: int,
    colour: int,
    interlaced: bool = False,
    between: bytes = b"",
    data: bytes | None = None,
) -> bytes:
    """`data` is the compressed content instead of that of `rows`."""
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, interlaced)
    content = zlib.compress(rows) if data is None else data
    parts = [png_chunk(b"IHDR", header), between, png_chunk(b"IDAT", content), png_chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def shown(values: npt.NDArray[np.uint16], depth: int, colour: int, key: int | None = None) -> Expected:
    """The picture of values that are no indices: BGR on white."""
    levels = np.rint(values * 255.0 / ((1 << depth) - 1))
    alpha = np.full(values.shape[:2], 255.0)
    if colour in (GREY_ALPHA, RGBA):
        levels, alpha = levels[..., :-1], levels[..., -1]
    elif key is not None:
        alpha[(values == key).all(axis=-1)] = 0
    rgb = np.broadcast_to(levels, (*alpha.shape, 3))
    return np.rint(255 - (255 - rgb) * alpha[..., None] / 255).astype(np.uint8)[..., ::-1]


def sound() -> Drawn:
    for colour, depths in DEPTHS.items():
        for depth in depths:
            values = RNG.integers(0, 1 << depth, (HEIGHT, WIDTH, CHANNELS[colour]), dtype=np.uint16)
            values[0, 0] = values[5, 5]
            for interlaced in (False, True):
                name = f"colour {colour}, {depth} bits{', interlaced' if interlaced else ''}"
                how = {"depth": depth, "colour": colour, "interlaced": interlaced}
                rows = rows_of(values, depth, interlaced=interlaced)
                if colour == INDEXED:
                    yield from indexed(name, values[..., 0], rows, **how)
                    continue
                yield name, png(rows, **how), shown(values, depth, colour)
                if colour in (GREY, RGB):
                    key = int(values[0, 0, 0])
                    values[0, 0] = key
                    rows = rows_of(values, depth, interlaced=interlaced)
                    see_through = png_chunk(
                        b"tRNS", struct.pack(f">{CHANNELS[colour]}H", *[key] * CHANNELS[colour])
                    )
                    yield (
                        f"{name}, tRNS",
                        png(rows, between=see_through, **how),
                        shown(values, depth, colour, key),
                    )


def indexed(name: str, index: npt.NDArray[np.uint16], rows: bytes, **how: int) -> Drawn:
    colours = RNG.integers(0, 256, (1 << how["depth"], 4), dtype=np.uint8)
    alphas = colours[: len(colours) // 2 + 1, 3].tobytes()
    palette = png_chunk(b"PLTE", colours[:, :3].tobytes())
    colours[len(alphas) :, 3] = 255
    yield name, png(rows, between=palette, **how), colours[index][..., 2::-1]
    seen = colours[index].astype(float)
    on_white = np.rint(255 - (255 - seen[..., :3]) * seen[..., 3:] / 255).astype(np.uint8)[..., ::-1]
    yield f"{name}, tRNS", png(rows, between=palette + png_chunk(b"tRNS", alphas), **how), on_white
    short = png_chunk(b"PLTE", colours[: max(1, index.max()), :3].tobytes())
    yield f"{name}, an index beyond the palette", png(rows, between=short, **how), None


def odd() -> Drawn:
    """Files that are damaged, and files with something superfluous."""
    for depth, interlaced in ((8, False), (8, True), (16, False)):
        values = RNG.integers(0, 1 << depth, (HEIGHT, WIDTH, 3), dtype=np.uint16)
        rows = rows_of(values, depth, interlaced=interlaced)
        how = {"depth": depth, "colour": RGB, "interlaced": interlaced}
        right, label = shown(values, depth, RGB), f"{depth} bits{', interlaced' if interlaced else ''}"
        whole, stream = png(rows, **how), zlib.compress(rows)
        for share in (0.0, 0.1, 0.5, 0.9, 0.99):
            yield f"{label}, rows end at {share:.1%}", png(rows[: int(len(rows) * share)], **how), None
            yield (
                f"{label}, data ends at {share:.1%}",
                png(b"", data=stream[: int(len(stream) * share)], **how),
                None,
            )
            yield f"{label}, file ends at {share:.1%}", whole[: max(40, int(len(whole) * share))], None
        yield f"{label}, no end chunk", whole[:-12], None
        yield (
            f"{label}, wrong checksum of rows",
            png(b"", data=stream[:-1] + bytes([stream[-1] ^ 1]), **how),
            None,
        )
        yield f"{label}, wrong checksum of a chunk", whole[:-13] + bytes([whole[-13] ^ 1]) + whole[-12:], None
        yield f"{label}, unknown filter", png(b"\7" + rows[1:], **how), None
        yield f"{label}, no data", whole.replace(b"IDAT", b"iDAT"), None
        yield f"{label}, bytes after the end", whole + b"superfluous" * 100, right
        yield f"{label}, a row too many", png(rows + rows[: len(rows) // HEIGHT], **how), right
        middle = len(stream) // 2
        pieces = b"".join(png_chunk(b"IDAT", part) for part in (stream[:middle], b"", stream[middle:]))
        yield f"{label}, several data chunks", whole.replace(png_chunk(b"IDAT", stream), pieces), right
