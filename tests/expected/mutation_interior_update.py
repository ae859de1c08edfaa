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


def interior_update_grad(u):
    # Forward pass: compute output
    v = np.copy(u)
    s0 = u[1:-1]
    s1 = u[2:]
    s2 = u[1:-1]
    s3 = 2.0 * s2
    s4 = s1 - s3
    s5 = u[:-2]
    s6 = s4 + s5
    s7 = 0.1 * s6
    s8 = s0 + s7
    v[1:-1] = s8
    s9 = v * v
    s10 = np.sum(s9)
    # Backward pass: compute grads
    grad_s10 = 1.0
    grad_s9 = np.full_like(s9, grad_s10)
    grad_v = np.zeros_like(v)
    grad_v += grad_s9 * v
    grad_v += grad_s9 * v
    taken = np.copy(grad_v[1:-1])
    grad_v[1:-1] = 0.0
    grad_s8 = unbroadcast(taken, s8.shape)
    grad_s7 = unbroadcast(grad_s8, s7.shape)
    grad_s0 = unbroadcast(grad_s8, s0.shape)
    grad_s6 = grad_s7 * 0.1
    grad_s5 = unbroadcast(grad_s6, s5.shape)
    grad_s4 = unbroadcast(grad_s6, s4.shape)
    grad_u = np.zeros_like(u)
    grad_u[:-2] += grad_s5
    grad_s3 = -unbroadcast(grad_s4, s3.shape)
    grad_s1 = unbroadcast(grad_s4, s1.shape)
    grad_s2 = grad_s3 * 2.0
    grad_u[1:-1] += grad_s2
    grad_u[2:] += grad_s1
    grad_u[1:-1] += grad_s0
    grad_u += grad_v
    return grad_u
