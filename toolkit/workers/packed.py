"""Convert pictures to run, and their outcomes, to JSON and separate bytes of pixels, to send them through Redis."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.contracts.outcome import Cause
from toolkit.images.image import Image
from toolkit.workers.executor import Work
from toolkit.workers.item import FileTarget, Item, Outcome

_COPY = re.compile(r"'[^']*atelier-item-[^']*'")  # path of a worker's temporary file, as errors quote it


def packed_item(item: Item) -> tuple[dict[str, Any], bytes | None]:
    """The item as JSON without its picture, and the picture's bytes, or None if the picture's path is sent."""
    target = None
    if item.target is not None:
        path = None if item.target.path is None else str(item.target.path)
        target = {**asdict(item.target), "path": path}
    plain: dict[str, Any] = {
        "index": item.index,
        "target": target,
        "work": None if item.work is None else item.work.to_dict(),
        "timeout_s": item.timeout_s,
        "path": None,
        "shape": None,
    }
    match item.source:
        case Path():
            return {**plain, "path": str(item.source)}, None
        case bytes():
            return plain, item.source
        case array:
            return {**plain, "shape": list(array.shape)}, np.ascontiguousarray(array).tobytes()


def unpacked_item(plain: dict[str, Any], content: bytes | None) -> Item:
    """Make the item from the JSON and the picture's bytes that `packed_item` returned."""
    target = plain["target"]
    if target is not None:
        path = None if target["path"] is None else Path(target["path"])
        target = FileTarget(**{**target, "path": path})
    return Item(
        index=plain["index"],
        source=_source(plain, content),
        target=target,
        work=None if plain["work"] is None else Work.from_dict(plain["work"]),
        timeout_s=plain["timeout_s"],
    )


def _source(plain: dict[str, Any], content: bytes | None) -> Image | Path | bytes:
    if plain["path"] is not None:
        return Path(plain["path"])
    assert content is not None
    return content if plain["shape"] is None else np.frombuffer(content, np.uint8).reshape(plain["shape"])


def packed_outcome(outcome: Outcome) -> tuple[dict[str, Any], bytes | None]:
    """The outcome as JSON without its result, and the result's bytes, or None if there is no result to send."""
    plain = dict(vars(replace(outcome, output=None, content=b"")))
    shape = None if outcome.output is None else list(outcome.output.shape)
    plain |= {"cause": str(outcome.cause), "deaths": dict(outcome.deaths), "shape": shape}
    if outcome.output is not None:
        return {**plain, "content": ""}, np.ascontiguousarray(outcome.output).tobytes()
    return {**plain, "content": ""}, outcome.content or None


def unpacked_outcome(plain: dict[str, Any], content: bytes | None) -> Outcome:
    """Make the outcome from the JSON and the result's bytes that `packed_outcome` returned."""
    rest = {name: value for name, value in plain.items() if name not in ("shape", "content", "output")}
    shape = plain["shape"]
    is_array = content is not None and shape is not None
    return Outcome(
        **{
            **rest,
            "cause": Cause(plain["cause"]),
            "size_px": tuple(plain["size_px"]),
            "notes": tuple(plain["notes"]),
        },
        output=np.frombuffer(content, np.uint8).reshape(shape).copy() if is_array and content else None,
        content=b"" if is_array or content is None else content,
    )


def has_result(outcome: Outcome) -> bool:
    """Whether the outcome has an error or a picture: Redis may have lost a picture that was sent separately."""
    return bool(outcome.error or outcome.content) or outcome.output is not None


def of_file(outcome: Outcome, source: object, *, read_s: float) -> Outcome:
    """Complete the outcome of a file that was sent as content: name the file in its error, add the time to read it."""
    named = _COPY.sub(lambda _: repr(str(source)), outcome.error)
    return replace(outcome, error=named, stages_s={"read": read_s, **outcome.stages_s})
