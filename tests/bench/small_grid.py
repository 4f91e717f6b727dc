"""A grid of tiny trials."""

from toolkit.bench.grid import Grid


def grid(**changes) -> Grid:
    asked = {
        "operations": ("oil_painting",),
        "backends": ("opencv",),
        "sizes": ((32, 24),),
        "images": ("coffee",),
    }
    return Grid(**{**asked, **changes})
