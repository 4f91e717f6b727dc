"""Show what an operation's size limit is about: the picture that `apply` refuses to make."""

from __future__ import annotations

from toolkit.contracts.apply import apply
from toolkit.contracts.backend import BACKENDS, Placement
from toolkit.contracts.operation import OPERATIONS
from toolkit.images.image import Image
from toolkit.images.photos import at_size, photo, size_for
from toolkit.machine.hardware import allowed_cpus


def right_and_wrong(
    operation: str, name: str, *, megapixels: float, backend: str = "opencv"
) -> tuple[Image, Image]:
    """The picture of the operation's preferred backend, and that of `backend`, whatever its size limit says.

    Parameters
    ----------
    operation, name : str
        Operation and photo.
    megapixels : float
        Size at 4:3; photos smaller than that are mirror-tiled.

    Returns
    -------
    (right, wrong)
        uint8 (H, W, 3), BGR.
    """
    op = OPERATIONS[operation]
    image, _ = at_size(photo(name), *size_for(megapixels))
    runtime_of = BACKENDS[backend]
    with runtime_of.session(Placement(threads=allowed_cpus())) as runtime:
        wrong = op.build(runtime_of, runtime, op.resolve({}))(image)
    return apply(operation, image), wrong
