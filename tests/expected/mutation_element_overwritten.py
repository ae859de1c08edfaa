import numpy as np


def element_overwritten_grad(a, x):
    # Forward pass: compute output
    a = np.copy(a)  # the caller's array is left alone
    s0 = a[1]
    s1 = a[2]
    y = s0 * s1
    s2 = x * x
    a[1] = s2
    s3 = a[1]
    s4 = y * s3
    s5 = np.sum(a)
    s6 = s4 + s5
    # Backward pass: compute grads
    grad_s6 = 1.0
    grad_s5 = grad_s6
    grad_s4 = grad_s6
    grad_a = np.zeros_like(a)
    grad_a += grad_s5
    grad_s3 = grad_s4 * y
    grad_y = grad_s4 * s3
    grad_a[1] += grad_s3
    grad_s2 = grad_a[1]
    grad_a[1] = 0.0
    grad_x = grad_s2 * x
    grad_x += grad_s2 * x
    grad_s1 = grad_y * s0
    grad_s0 = grad_y * s1
    grad_a[2] += grad_s1
    grad_a[1] += grad_s0
    return grad_a, grad_x
