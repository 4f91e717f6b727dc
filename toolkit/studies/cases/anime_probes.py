"""Further measurements of the anime case: dynamic INT8, a process pool that grows with the load, file formats."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from toolkit.images.similarity import difference
from toolkit.studies.cases import anime_procedures
from toolkit.studies.cases.procedure import Settings
from toolkit.studies.encodings import in_each_format


def dynamic_int8(settings: Settings) -> dict[str, Any]:
    """Count the layers of the anime network by kind, and the layers that PyTorch's dynamic INT8 replaces."""
    from collections import Counter

    from toolkit.models.loading import linear_layers_in_int8
    from toolkit.models.network_files import module

    network = anime_procedures.model_of(settings).placed.network
    assert network is not None
    whole = module(network)
    _, replaced = linear_layers_in_int8(whole)
    kinds = Counter(type(layer).__name__ for layer in whole.modules() if not list(layer.children()))
    return {
        "replaced": replaced,
        "layers": sum(kinds.values()),
        "linear": kinds.get("Linear", 0),
        "convolutions": kinds.get("Conv2d", 0),
    }


def following_pool(settings: Settings) -> dict[str, Any]:
    """Count the processes of a pool that starts them on demand, after one request and after many requests at once."""
    photos, most = anime_procedures.photos_of(settings), max(settings["workers"])
    with anime_procedures.pool_of(anime_procedures.model_of(settings), most) as pool:
        began = perf_counter()
        pool.submit(anime_procedures.draw, photos[0]).result()
        first_s, after_one = perf_counter() - began, len(pool._processes)
        bursts_s = []
        for _ in range(2):
            began = perf_counter()
            list(pool.map(anime_procedures.draw, photos))
            bursts_s.append(perf_counter() - began)
        return {
            "most": most,
            "after_one": after_one,
            "after_burst": len(pool._processes),
            "first_s": first_s,
            "first_burst_s": bursts_s[0],
            "second_burst_s": bursts_s[1],
        }


def formats(settings: Settings) -> dict[str, Any]:
    """Time to encode one anime picture as PNG, JPEG and WebP, and the size of each file."""
    with anime_procedures.model_of(settings).opened() as kernel:
        picture = kernel(anime_procedures.photos_of(settings)[0])
    found = in_each_format(picture, formats=("png", "jpeg", "webp"), qualities=(85,), calls=3)
    return {
        one.name: {"encode_s": one.encode_s, "size_bytes": one.size_bytes, "psnr_db": one.psnr_db}
        for one in found
    }


def same_picture(settings: Settings) -> dict[str, Any]:
    """The largest difference, in grey levels, between a network's pictures before and after dynamic INT8."""
    with anime_procedures.one_by_one({**settings, "pictures": 1}) as before:
        plain = before().pictures["picture_0"]
    with anime_procedures.dynamic_int8({**settings, "pictures": 1}) as after:
        quantised = after().pictures["picture_0"]
    return {"max_abs": difference(plain, quantised).max_abs}
