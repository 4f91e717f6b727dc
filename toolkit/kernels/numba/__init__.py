"""Picture styles compiled by Numba: one style per file, and the algorithms that several styles use.

A style, such as `stylization.stylization`, is a `style.Style`, called with a picture and the style's parameters:

Parameters
----------
image : ndarray of uint8, shape (H, W, 3)
    The picture, BGR; a style does not write to this array. The sides are at most 65535 px.
out : ndarray of uint8, shape (H, W, 3), optional
    Array for the result. A style writes directly to a C-contiguous array that shares no memory with `image`; to any
    other array the result is copied at the end.
**params
    All parameters of the operation with the style's name. The operation declares defaults and bounds, and checks the
    values; a style checks no values.

Returns
-------
ndarray of uint8, shape (H, W, 3)
    `out` if given, else a new array. The result is the same, bit for bit, for any number of threads.

Raises
------
InvalidValue
    `image` is not a picture, or is too large for the memory that is free; `out` cannot be written to or has another
    shape.
"""
