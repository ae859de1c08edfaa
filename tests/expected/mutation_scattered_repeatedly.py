import numpy as np


def scattered_repeatedly_grad(a, v, idx):
    # Forward pass: compute output
    a = np.copy(a)  # the caller's array is left alone
    s0 = v * v
    if len(s0) != len(idx):
        raise ValueError('shape mismatch')
    for k0 in range(len(idx)):
        v0 = s0[k0]
        a[idx[k0]] = v0
    s1 = a * a
    s2 = s1 * a
    s3 = np.sum(s2)
    # Backward pass: compute grads
    grad_s3 = 1.0
    grad_s2 = np.full_like(s2, grad_s3)
    grad_a = np.zeros_like(a)
    grad_a += grad_s2 * s1
    grad_s1 = grad_s2 * a
    grad_a += grad_s1 * a
    grad_a += grad_s1 * a
    grad_s0 = np.zeros_like(s0)
    for k0 in range(len(idx) - 1, -1, -1):
        grad_v0 = grad_a[idx[k0]]
        grad_a[idx[k0]] = 0.0
        grad_s0[k0] += grad_v0
    grad_v = grad_s0 * v
    grad_v += grad_s0 * v
    return grad_a, grad_v
