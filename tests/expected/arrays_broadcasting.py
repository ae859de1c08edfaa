import numba
import numpy as np


@numba.njit
def unbroadcast(g, shape):
    """The sum of ``g`` over the axes along which an operand of this shape was broadcast."""
    size, extra, plain = 1, g.ndim - len(shape), True
    for d in range(len(shape)):
        size *= shape[d]
        plain = plain and shape[d] == g.shape[d + extra]
    flat = np.ascontiguousarray(g).reshape(g.size)
    if size == flat.size:
        return np.copy(flat).reshape(shape)
    result = np.zeros(size, g.dtype)
    if plain:
        for start in range(0, flat.size, size):
            result += flat[start : start + size]
        return result.reshape(shape)
    for k in range(flat.size):
        rest, place, stride = k, 0, 1
        for d in range(len(shape) - 1, -1, -1):
            if shape[d] != 1:
                place += rest % g.shape[d + extra] * stride
            rest //= g.shape[d + extra]
            stride *= shape[d]
        result[place] += flat[k]
    return result.reshape(shape)


def broadcasting_grad(a, row, column):
    # Forward pass: compute output
    s0 = a * row
    s1 = column * a
    s2 = s0 + s1
    s3 = row / column
    s4 = s2 - s3
    s5 = np.sum(s4)
    # Backward pass: compute grads
    grad_s5 = 1.0
    grad_s4 = np.full_like(s4, grad_s5)
    grad_s3 = -unbroadcast(grad_s4, s3.shape)
    grad_s2 = unbroadcast(grad_s4, s2.shape)
    grad_column = -unbroadcast(grad_s3 * s3 / column, column.shape)
    grad_row = unbroadcast(grad_s3 / column, row.shape)
    grad_s1 = unbroadcast(grad_s2, s1.shape)
    grad_s0 = unbroadcast(grad_s2, s0.shape)
    grad_a = unbroadcast(grad_s1 * column, a.shape)
    grad_column += unbroadcast(grad_s1 * a, column.shape)
    grad_row = grad_row + unbroadcast(grad_s0 * a, row.shape)
    grad_a = grad_a + unbroadcast(grad_s0 * row, a.shape)
    return grad_a, grad_row, grad_column
