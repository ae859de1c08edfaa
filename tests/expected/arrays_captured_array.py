import numba
import numpy as np


STEP = 0.1


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


def captured_array_grad(x, WEIGHTS):
    # Forward pass: compute output
    s0 = x ** 2
    s1 = WEIGHTS * s0
    s2 = np.sum(s1)
    s3 = s2 * STEP
    # Backward pass: compute grads
    grad_s3 = 1.0
    grad_s2 = grad_s3 * STEP
    grad_s1 = np.full_like(s1, grad_s2)
    grad_s0 = unbroadcast(grad_s1 * WEIGHTS, s0.shape)
    grad_x = grad_s0 * 2 * x
    return grad_x
