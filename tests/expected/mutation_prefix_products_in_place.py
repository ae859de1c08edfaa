import numpy as np


def prefix_products_in_place_grad(a):
    # Forward pass: compute output
    a = np.copy(a)  # the caller's array is left alone
    tape_a = np.empty(len(range(1, 5)))
    for i in range(1, 5):
        s0 = a[i - 1]
        s1 = a[i]
        s2 = s0 * s1
        tape_a[i - 1] = a[i]  # recorded: overwritten here
        a[i] = s2
    s3 = np.sum(a)
    # Backward pass: compute grads
    grad_s3 = 1.0
    grad_a = np.zeros_like(a)
    grad_a += grad_s3
    for i in range(4, 0, -1):
        grad_s2 = grad_a[i]
        grad_a[i] = 0.0
        a[i] = tape_a[i - 1]
        s0 = a[i - 1]
        s1 = a[i]
        grad_s1 = grad_s2 * s0
        grad_s0 = grad_s2 * s1
        grad_a[i] += grad_s1
        grad_a[i - 1] += grad_s0
    return grad_a
