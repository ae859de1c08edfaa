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


def recurrent_state_grad(W, x):
    # Forward pass: compute output
    h = np.zeros(3)
    tape_h = []
    for t in range(4):
        s0 = W @ h
        s1 = x[t]
        s2 = s0 + s1
        tape_h.append(h)  # recorded: overwritten here
        h = np.tanh(s2)
    s3 = h * h
    s4 = np.sum(s3)
    # Backward pass: compute grads
    grad_s4 = 1.0
    grad_s3 = np.full_like(s3, grad_s4)
    grad_h = grad_s3 * h
    grad_h += grad_s3 * h
    grad_W = np.zeros_like(W)
    grad_x = np.zeros_like(x)
    for t in range(3, -1, -1):
        grad_s2 = grad_h * (1 - h * h)
        h = tape_h.pop()
        s1 = x[t]
        grad_s1 = grad_x[t]
        grad_s1 += unbroadcast(grad_s2, (x.shape[1],))
        grad_s0 = unbroadcast(grad_s2, (W.shape[0],))
        grad_h = W.T @ grad_s0
        grad_W += np.outer(grad_s0, h)
    return grad_W, grad_x
