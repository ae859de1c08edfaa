import math

import numba


@numba.njit
def sigmoid(x):
    """1 / (1 + exp(-x)), without overflow."""
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    e = math.exp(x)
    return e / (1 + e)


def neuron_grad(w0, x0, w1, x1, w2):
    # Forward pass: compute output
    s0 = w0 * x0
    s1 = w1 * x1
    s2 = s0 + s1
    s3 = s2 + w2
    s4 = sigmoid(s3)
    # Backward pass: compute grads
    grad_s4 = 1.0
    grad_s3 = grad_s4 * (1 - s4) * s4
    grad_w2 = grad_s3
    grad_s2 = grad_s3
    grad_s1 = grad_s2
    grad_s0 = grad_s2
    grad_x1 = grad_s1 * w1
    grad_w1 = grad_s1 * x1
    grad_x0 = grad_s0 * w0
    grad_w0 = grad_s0 * x0
    return grad_w0, grad_x0, grad_w1, grad_x1, grad_w2
