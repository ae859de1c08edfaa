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


def buffers_swapped_grad(u, v):
    # Forward pass: compute output
    u = np.copy(u)  # the caller's array is left alone
    grad_u = np.zeros_like(u)
    v = np.copy(v)  # the caller's array is left alone
    grad_v = np.zeros_like(v)
    tape_v = []
    tape_u = np.empty(3)
    tape_s1 = []
    for k in range(3):
        s0 = 0.5 * u
        s1 = s0 * u
        tape_s1.append(s1)  # recorded: lost after this round
        tape_v.append(np.copy(v[:]))  # recorded: overwritten here
        v[:] = s1
        u, v = v, u
        grad_u, grad_v = grad_v, grad_u
        s2 = v[1]
        tape_u[k] = u[0]  # recorded: overwritten here
        u[0] += s2
    s3 = u * v
    s4 = np.sum(s3)
    s5 = u[2]
    s6 = s4 + s5
    # Backward pass: compute grads
    grad_s6 = 1.0
    grad_s5 = grad_s6
    grad_s4 = grad_s6
    grad_u[2] += grad_s5
    grad_s3 = np.full_like(s3, grad_s4)
    grad_v += unbroadcast(grad_s3 * u, v.shape)
    grad_u += unbroadcast(grad_s3 * v, u.shape)
    for k in range(2, -1, -1):
        grad_s2 = grad_u[0]
        u[0] = tape_u[k]
        grad_v[1] += grad_s2
        v, u = u, v
        grad_v, grad_u = grad_u, grad_v
        s1 = tape_s1.pop()
        taken = np.copy(grad_v[:])
        grad_v[:] = 0.0
        old = tape_v.pop()
        v[:] = old
        grad_s1 = unbroadcast(taken, s1.shape)
        s0 = 0.5 * u
        grad_u += grad_s1 * s0
        grad_s0 = grad_s1 * u
        grad_u += grad_s0 * 0.5
    return grad_u, grad_v
