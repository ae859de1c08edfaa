import numpy as np


def branch_in_loop_grad(x):
    # Forward pass: compute output
    total = 0.0
    for i in range(6):
        if x[i] > 0:
            s0 = x[i]
            s1 = x[i]
            s2 = s0 * s1
            total = total + s2
        elif x[i] > -1:
            s3 = x[i]
            total = total - s3
        else:
            total = total * 0.5
    # Backward pass: compute grads
    grad_total = 1.0
    grad_x = np.zeros_like(x)
    for i in range(5, -1, -1):
        if x[i] > 0:
            grad_s2 = grad_total
            s0 = x[i]
            s1 = x[i]
            grad_s1 = grad_s2 * s0
            grad_s0 = grad_s2 * s1
            grad_x[i] += grad_s1
            grad_x[i] += grad_s0
        elif x[i] > -1:
            grad_s3 = -grad_total
            grad_x[i] += grad_s3
        else:
            grad_total = grad_total * 0.5
    return grad_x
