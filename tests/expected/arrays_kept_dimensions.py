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


@numba.njit
def put_along(index, value, shape, axis):
    """Zeros, except for ``value`` at position ``index`` along an axis."""
    axis = axis % len(shape)
    before, after = 1, 1
    for k in range(axis):
        before *= shape[k]
    for k in range(axis + 1, len(shape)):
        after *= shape[k]
    where = np.ascontiguousarray(index).reshape((before, after))
    values = np.ascontiguousarray(value).reshape((before, after))
    result = np.zeros((before, shape[axis], after), values.dtype)
    for i in range(before):
        for k in range(after):
            result[i, where[i, k], k] = values[i, k]
    return result.reshape(shape)


def kept_dimensions_grad(a):
    # Forward pass: compute output
    s0 = np.mean(a, axis=1, keepdims=True)
    z = a - s0
    s1 = z * z
    n = np.sum(s1, axis=-1, keepdims=True)
    s2 = np.sqrt(n)
    s3 = z / s2
    s4 = np.max(a, axis=0, keepdims=True)
    s5 = s3 * s4
    s6 = np.sum(s5)
    # Backward pass: compute grads
    grad_s6 = 1.0
    grad_s5 = np.full_like(s5, grad_s6)
    grad_s4 = unbroadcast(grad_s5 * s3, s4.shape)
    grad_s3 = grad_s5 * s4
    grad_a = put_along(np.argmax(a, axis=0), grad_s4, a.shape, 0)
    grad_s2 = -unbroadcast(grad_s3 * s3 / s2, s2.shape)
    grad_z = grad_s3 / s2
    grad_n = grad_s2 / (2 * s2)
    grad_s1 = np.zeros_like(s1)
    grad_s1 += grad_n
    grad_z += grad_s1 * z
    grad_z += grad_s1 * z
    grad_s0 = -unbroadcast(grad_z, s0.shape)
    grad_a = grad_a + grad_z
    grad_a += grad_s0 * s0.size / a.size
    return grad_a
