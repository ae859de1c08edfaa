import numpy as np


def row_view_grad(a):
    # Forward pass: compute output
    a = np.copy(a)  # the caller's array is left alone
    grad_a = np.zeros_like(a)
    row = a[1]
    grad_row = grad_a[1]
    s0 = a[0, 1]
    s1 = row[2]
    s2 = s0 * s1
    row[0] = s2
    s3 = a[2]
    grad_s3 = grad_a[2]
    old0 = np.copy(s3)
    row += old0
    s4 = a * a
    s5 = np.sum(s4)
    # Backward pass: compute grads
    grad_s5 = 1.0
    grad_s4 = np.full_like(s4, grad_s5)
    grad_a += grad_s4 * a
    grad_a += grad_s4 * a
    grad_old0 = np.copy(grad_row[:])
    grad_s3 += grad_old0
    grad_s2 = grad_row[0]
    grad_row[0] = 0.0
    grad_s1 = grad_s2 * s0
    grad_s0 = grad_s2 * s1
    grad_row[2] += grad_s1
    grad_a[0, 1] += grad_s0
    return grad_a
