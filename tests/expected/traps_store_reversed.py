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


def store_reversed_grad(a):
    # Forward pass: compute output
    a = np.copy(a)  # the caller's array is left alone
    s0 = a[::-1]
    old0 = np.copy(s0)
    a[:] = old0
    s1 = a[0]
    s2 = a[1]
    s3 = s1 * s2
    s4 = a[2:]
    s5 = s4 ** 3
    s6 = np.sum(s5)
    s7 = s3 + s6
    # Backward pass: compute grads
    grad_s7 = 1.0
    grad_s6 = grad_s7
    grad_s3 = grad_s7
    grad_s5 = np.full_like(s5, grad_s6)
    grad_a = np.zeros_like(a)
    grad_s4 = grad_a[2:]
    grad_s4 += grad_s5 * 3 * s4 ** 2
    grad_s2 = grad_s3 * s1
    grad_s1 = grad_s3 * s2
    grad_a[1] += grad_s2
    grad_a[0] += grad_s1
    taken = np.copy(grad_a[:])
    grad_a[:] = 0.0
    grad_old0 = unbroadcast(taken, old0.shape)
    grad_s0 = grad_a[::-1]
    grad_s0 += grad_old0
    return grad_a
