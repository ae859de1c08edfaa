import numpy as np


def dot_product_grad(x, y):
    # Forward pass: compute output
    total = 0.0
    # Backward pass: compute grads
    grad_total = 1.0
    grad_x = np.zeros_like(x)
    grad_y = np.zeros_like(y)
    # The gradient of what is added up is known: each round is reversed at once
    for i in range(x.shape[0]):
        s0 = x[i]
        s1 = y[i]
        s2 = s0 * s1
        total = total + s2
        grad_s2 = grad_total
        grad_s1 = grad_s2 * s0
        grad_s0 = grad_s2 * s1
        grad_y[i] += grad_s1
        grad_x[i] += grad_s0
    return grad_x, grad_y
