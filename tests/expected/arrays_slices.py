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


def slices_grad(x):
    # Forward pass: compute output
    s0 = x[1:]
    s1 = x[:-1]
    s2 = s0 * s1
    s3 = np.sum(s2)
    s4 = x[::2]
    s5 = x[1::2]
    s6 = s4 * s5
    s7 = np.sum(s6)
    s8 = s3 + s7
    s9 = x[::-1]
    s10 = s9 * x
    s11 = np.sum(s10)
    s12 = s8 + s11
    # Backward pass: compute grads
    grad_s12 = 1.0
    grad_s11 = grad_s12
    grad_s8 = grad_s12
    grad_s10 = np.full_like(s10, grad_s11)
    grad_x = unbroadcast(grad_s10 * s9, x.shape)
    grad_s9 = unbroadcast(grad_s10 * x, s9.shape)
    grad_x = np.copy(grad_x)
    grad_x[::-1] += grad_s9
    grad_s7 = grad_s8
    grad_s3 = grad_s8
    grad_s6 = np.full_like(s6, grad_s7)
    grad_s5 = unbroadcast(grad_s6 * s4, s5.shape)
    grad_s4 = unbroadcast(grad_s6 * s5, s4.shape)
    grad_x[1::2] += grad_s5
    grad_x[::2] += grad_s4
    grad_s2 = np.full_like(s2, grad_s3)
    grad_s1 = unbroadcast(grad_s2 * s0, s1.shape)
    grad_s0 = unbroadcast(grad_s2 * s1, s0.shape)
    grad_x[:-1] += grad_s1
    grad_x[1:] += grad_s0
    return grad_x
