import numpy as np


def break_by_value_grad(x):
    # Forward pass: compute output
    total = 0.0
    stop = False
    rounds0 = 0
    for i in range(6):
        s0 = x[i]
        s1 = x[i]
        s2 = s0 * s1
        total = total + s2
        if total > 2.0:
            stop = True
        rounds0 = rounds0 + 1
        if stop:
            break
    s3 = x[0]
    s4 = total * s3
    # Backward pass: compute grads
    grad_s4 = 1.0
    grad_s3 = grad_s4 * total
    grad_total = grad_s4 * s3
    grad_x = np.zeros_like(x)
    grad_x[0] += grad_s3
    for i in range(rounds0 - 1, -1, -1):
        grad_s2 = grad_total
        s0 = x[i]
        s1 = x[i]
        grad_s1 = grad_s2 * s0
        grad_s0 = grad_s2 * s1
        grad_x[i] += grad_s1
        grad_x[i] += grad_s0
    return grad_x
