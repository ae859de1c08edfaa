import numpy as np


def sum_of_squares_grad(x):
    # Forward pass: compute output
    total = 0.0
    # Backward pass: compute grads
    grad_total = 1.0
    grad_x = np.zeros_like(x)
    # The gradient of what is added up is known: each round is reversed at once
    for i in range(len(x)):
        s0 = x[i]
        s1 = x[i]
        s2 = s0 * s1
        total = total + s2
        grad_s2 = grad_total
        grad_s1 = grad_s2 * s0
        grad_s0 = grad_s2 * s1
        grad_x[i] += grad_s1
        grad_x[i] += grad_s0
    return grad_x
