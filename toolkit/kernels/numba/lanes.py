"""Three operations on short vectors that Numba does not offer, written as LLVM vector operations.

LLVM compiles the three operations to the machine's own instructions (AVX-512, AVX2, NEON). LLVM's automatic vectoriser
would unroll a loop over the 48 bins of a histogram into scalar steps, which takes three times as long.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

LANES = 16


def _vector_at(context, builder, array_type, array, index):
    element = context.get_data_type(array_type.dtype)
    data = context.make_array(array_type)(context, builder, array).data
    pointer = builder.gep(data, [index])
    return builder.bitcast(pointer, ir.VectorType(element, LANES).as_pointer())


def _alignment(array_type):
    return array_type.dtype.bitwidth // 8


@intrinsic
def largest_lane(typingctx, array, start):
    """Largest of the 16 unsigned values ``array[start : start + 16]`` of a contiguous array; `start` is uint64."""

    def generate(context, builder, signature, arguments):
        array_type = signature.args[0]
        pointer = _vector_at(context, builder, array_type, *arguments)
        vector = builder.load(pointer, align=_alignment(array_type))
        element = vector.type.element
        reduce_type = ir.FunctionType(element, [vector.type])
        name = f"llvm.vector.reduce.umax.v{LANES}i{element.width}"
        reduce = cgutils.get_or_insert_function(builder.module, reduce_type, name)
        return builder.call(reduce, [vector])

    return array.dtype(array, types.uint64), generate


@intrinsic
def move_lanes(typingctx, window, entering, leaving, start):
    """``window[start : start + 16] += entering[..] - leaving[..]`` on contiguous arrays; `start` is uint64."""

    def generate(context, builder, signature, arguments):
        *arrays, index = arguments
        pointers = [
            _vector_at(context, builder, array_type, array, index)
            for array_type, array in zip(signature.args, arrays, strict=False)
        ]
        align = _alignment(signature.args[0])
        held, more, less = (builder.load(pointer, align=align) for pointer in pointers)
        builder.store(builder.sub(builder.add(held, more), less), pointers[0], align=align)
        return context.get_dummy_value()

    return types.void(window, entering, leaving, types.uint64), generate


@intrinsic
def follow_lanes(typingctx, values, index, previous, weights, weight_index):
    """``v[index] += (v[previous] - v[index]) * weights[weight_index]``; each index is that of 16 float32 values."""

    def generate(context, builder, signature, arguments):
        values, index, previous, weights, weight_index = arguments
        values_type, weights_type = signature.args[0], signature.args[3]
        here = _vector_at(context, builder, values_type, values, index)
        before = _vector_at(context, builder, values_type, values, previous)
        weight = _vector_at(context, builder, weights_type, weights, weight_index)
        value, led, share = (builder.load(pointer, align=4) for pointer in (here, before, weight))
        followed = builder.fadd(value, builder.fmul(builder.fsub(led, value), share))
        builder.store(followed, here, align=4)
        return context.get_dummy_value()

    return types.void(values, types.uint64, types.uint64, weights, types.uint64), generate
