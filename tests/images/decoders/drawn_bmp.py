"""BMP files drawn by hand, each with the picture that it holds; None if it must be refused."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

from tests.images.decoders.drawn_png import Drawn, packed

RNG = np.random.default_rng(14)
HEIGHT, WIDTH = 7, 13
CORE, INFO, V3, V4, V5 = 12, 40, 56, 108, 124
RGB, RLE8, RLE4, BITFIELDS, ALPHA_BITFIELDS = 0, 1, 2, 3, 6
MASKS = {
    "565": (16, (0xF800, 0x7E0, 0x1F, 0)),
    "555": (16, (0x7C00, 0x3E0, 0x1F, 0)),
    "4444": (16, (0xF00, 0xF0, 0xF, 0xF000)),
    "1555": (16, (0x7C00, 0x3E0, 0x1F, 0x8000)),
    "332": (16, (0xE0, 0x1C, 0x3, 0)),
    "8888": (32, (0xFF0000, 0xFF00, 0xFF, 0xFF000000)),
    "RGBA": (32, (0xFF000000, 0xFF0000, 0xFF00, 0xFF)),
    "BGR0": (32, (0xFF, 0xFF00, 0xFF0000, 0)),
    "10 bits": (32, (0x3FF00000, 0xFFC00, 0x3FF, 0)),
}


def bmp(
    rows: list[bytes],
    depth: int,
    *,
    size: int = INFO,
    compression: int = RGB,
    masks: tuple[int, ...] = (),
    palette: npt.NDArray[np.uint8] | None = None,
    top_down: bool = False,
    data: bytes | None = None,
    profile: bytes = b"",
    gap: int = 0,
) -> bytes:
    """`rows` from the top; `data` is the content instead of rows, `gap` the bytes between the headers and it."""
    if data is None:
        padded = [row + bytes(-len(row) % 4) for row in rows]
        data = b"".join(padded if top_down else padded[::-1])
    colours = b"" if palette is None else palette.tobytes()
    if size == CORE:
        info = struct.pack("<IHHHH", size, WIDTH, HEIGHT, 1, depth)
    else:
        used = 0 if palette is None else len(palette)
        info = struct.pack("<IiiHHI", size, WIDTH, -HEIGHT if top_down else HEIGHT, 1, depth, compression)
        info += struct.pack("<IiiII", len(data), 2835, 2835, used, 0) + b"".join(
            struct.pack("<I", m) for m in masks
        )
        info = info.ljust(size, b"\0")
    start = 14 + len(info) + len(colours) + gap
    if profile:
        info = bytearray(info)
        info[56:60] = b"DEBM"
        struct.pack_into("<II", info, 112, start - 14 + len(data), len(profile))
    head = struct.pack("<2sIHHI", b"BM", start + len(data) + len(profile), 0, 0, start)
    return head + bytes(info) + colours + bytes(gap) + data + profile


def sound() -> Drawn:
    for depth in (1, 2, 4, 8):
        index = RNG.integers(0, 1 << depth, (HEIGHT, WIDTH, 1), dtype=np.uint16)
        index[0, 0] = (1 << depth) - 1
        for size, top_down in ((CORE, False), (INFO, False), (INFO, True), (V5, False)):
            palette = RNG.integers(0, 256, (1 << depth, 3 if size == CORE else 4), dtype=np.uint8)
            how = {"size": size, "palette": palette, "top_down": top_down}
            shown = palette[index[..., 0]][..., :3]
            yield f"{depth} bits, header {size}, {top_down}", bmp(packed(index, depth), depth, **how), shown
            yield (
                f"{depth} bits, header {size}, {top_down}, a gap",
                bmp(packed(index, depth), depth, gap=9, **how),
                (shown if 1 << depth == len(palette) else None),
            )
    colours = RNG.integers(0, 256, (HEIGHT, WIDTH, 4), dtype=np.uint8)
    for size, top_down in ((CORE, False), (INFO, False), (INFO, True), (V4, False), (V5, False)):
        how = {"size": size, "top_down": top_down}
        yield f"24 bits, {how}", bmp([row.tobytes() for row in colours[..., :3]], 24, **how), colours[..., :3]
        if size != CORE:
            yield f"32 bits, {how}", bmp([row.tobytes() for row in colours], 32, **how), colours[..., :3]
            words = RNG.integers(0, 1 << 15, (HEIGHT, WIDTH), dtype=np.uint16)
            yield (
                f"16 bits, {how}",
                bmp([row.tobytes() for row in words], 16, **how),
                of_masks(words, MASKS["555"][1]),
            )
    for name, (depth, masks) in MASKS.items():
        words = RNG.integers(0, 1 << depth, (HEIGHT, WIDTH), dtype=np.uint32 if depth == 32 else np.uint16)
        rows = [row.tobytes() for row in words]
        kinds = [
            (V3, BITFIELDS, masks),
            (V4, BITFIELDS, masks),
            (V5, BITFIELDS, masks),
            (INFO, ALPHA_BITFIELDS, masks),
        ]
        if not masks[3]:
            kinds.append((INFO, BITFIELDS, masks[:3]))
        for size, compression, given in kinds:
            data = bmp(rows, depth, size=size, compression=compression, masks=given)
            yield f"{name}, header {size}, compression {compression}", data, of_masks(words, masks)


def of_masks(words: npt.NDArray[np.unsignedinteger], masks: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    channels = []
    for mask in masks:
        shift = (mask & -mask).bit_length() - 1
        channels.append((words.astype(np.int64) & mask) * 255.0 / mask if mask else np.zeros(words.shape))
        assert shift < 32
    red, green, blue, alpha = channels
    bgr = np.rint(np.stack([blue, green, red], axis=-1))
    if masks[3]:
        bgr = 255 - (255 - bgr) * np.rint(alpha)[..., None] / 255
    return np.rint(bgr).astype(np.uint8)


def runs(index: npt.NDArray[np.uint8], depth: int, *, literal: bool) -> bytes:
    """Run-length encoding, lowest row first."""
    out = b""
    for row in index[::-1]:
        if literal:
            values = row if depth == 8 else np.r_[row, 0][: len(row) + len(row) % 2].reshape(-1, 2) @ [16, 1]
            content = values.astype(np.uint8).tobytes()
            out += bytes([0, len(row)]) + content + bytes(len(content) % 2)
        else:
            out += b"".join(bytes([1, value if depth == 8 else value << 4]) for value in row)
        out += b"\0\0"
    return out + b"\0\1"


def odd() -> Drawn:
    for depth, compression in ((8, RLE8), (4, RLE4)):
        palette = RNG.integers(0, 256, (1 << depth, 4), dtype=np.uint8)
        index = RNG.integers(0, 1 << depth, (HEIGHT, WIDTH), dtype=np.uint8)
        how = {"compression": compression, "palette": palette}
        for literal in (False, True):
            data = runs(index, depth, literal=literal)
            name = f"run lengths, {depth} bits{', literal' if literal else ''}"
            yield name, bmp([], depth, data=data, **how), palette[index][..., :3]
            yield f"{name}, cut", bmp([], depth, data=data[: len(data) // 2], **how), None
            yield (
                f"{name}, ends early",
                bmp([], depth, data=data[: len(data) // 4 * 2] + b"\0\1", **how),
                None,
            )
        pair = RNG.integers(0, 16, 2)
        striped = np.resize(pair, WIDTH).astype(np.uint8)[None].repeat(HEIGHT, axis=0)
        if depth == 4:
            row = bytes([WIDTH, pair[0] << 4 | pair[1], 0, 0])
            yield (
                "run lengths of two colours",
                bmp([], 4, data=row * HEIGHT, **how),
                palette[striped][..., :3],
            )
        yield f"run too long, {depth}", bmp([], depth, data=bytes([WIDTH + 1, 0, 0, 0]) * HEIGHT, **how), None
        yield (
            f"a jump, {depth}",
            bmp([], depth, data=b"\0\2\1\1" + bytes([WIDTH, 0, 0, 0]) * HEIGHT, **how),
            None,
        )
    colours = RNG.integers(0, 256, (HEIGHT, WIDTH, 4), dtype=np.uint8)
    whole = bmp([row.tobytes() for row in colours[..., :3]], 24)
    yield "bytes after the end", whole + b"superfluous" * 9, colours[..., :3]
    yield "no padding at the end", whole[:-1], colours[..., :3]
    for share in (0.1, 0.5, 0.95):
        yield f"file ends at {share:.0%}", whole[: int(len(whole) * share)], None
    rows = [row.tobytes() for row in colours]
    colours[..., 3] = 0
    yield (
        "alpha of 0 everywhere",
        bmp([row.tobytes() for row in colours], 32, size=V4, compression=BITFIELDS, masks=MASKS["8888"][1]),
        colours[..., :3],
    )
    yield "a mask with gaps", bmp(rows, 32, size=V4, compression=BITFIELDS, masks=(0xF0F0, 1, 2, 0)), None
    yield "JPEG inside", bmp(rows, 24, compression=4), None
    short = RNG.integers(0, 256, (5, 4), dtype=np.uint8)
    yield "an index beyond the palette", bmp([bytes([5] * WIDTH)] * HEIGHT, 8, palette=short), None
    yield (
        "a short palette",
        bmp([bytes([4] * WIDTH)] * HEIGHT, 8, palette=short),
        np.broadcast_to(short[4, :3], (HEIGHT, WIDTH, 3)),
    )
