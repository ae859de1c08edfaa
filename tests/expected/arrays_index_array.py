import numba
import numpy as np


@numba.njit
def add_at(index, value, shape):
    """Zeros, with each value added at its position along the first axis (repeats add up)."""
    result = np.zeros(shape, value.dtype)
    for k in range(index.size):
        result[index[k]] += value[k]
    return result


def index_array_grad(x, idx):
    # Forward pass: compute output
    s0 = x[idx]
    s1 = s0 ** 2
    s2 = np.sum(s1)
    s3 = x[idx]
    s4 = s3[1]
    s5 = s2 + s4
    # Backward pass: compute grads
    grad_s5 = 1.0
    grad_s4 = grad_s5
    grad_s2 = grad_s5
    grad_s3 = np.zeros_like(s3)
    grad_s3[1] += grad_s4
    grad_x = add_at(idx, grad_s3, x.shape)
    grad_s1 = np.full_like(s1, grad_s2)
    grad_s0 = grad_s1 * 2 * s0
    grad_x += add_at(idx, grad_s0, x.shape)
    return grad_x
