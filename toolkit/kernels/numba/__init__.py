"""Picture styles compiled by Numba: one style per file, and the algorithms that several of them use.

A style, such as `stylization.stylization`, is a `style.Style`, called with a picture and the style's parameters:

Parameters
----------
image : ndarray of uint8, shape (H, W, 3)
    BGR; never written to. Sides are at most 65535 px.
out : ndarray of uint8, shape (H, W, 3), optional
    Where to write. A C-contiguous array that shares no memory with `image` is written to directly; any other is
    written to by a copy at the end.
**params
    All parameters of the operation with the style's name. The operation declares defaults and bounds, and checks
    values; a style does neither.

Returns
-------
ndarray of uint8, shape (H, W, 3)
    `out` if given, else a new array. The same bits for any number of threads.

Raises
------
InvalidValue
    `image` is not a picture, or is too large for the memory that is free; `out` cannot be written to or has another
    shape.
"""
