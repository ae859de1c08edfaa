import math
import numpy as np


def body_local_temporaries_grad(x, c):
    # Forward pass: compute output
    total = 0.0
    # Backward pass: compute grads
    grad_total = 1.0
    grad_c = 0.0
    grad_x = np.zeros_like(x)
    # The gradient of what is added up is known: each round is reversed at once
    for i in range(4):
        s0 = x[i]
        a = s0 * c
        b = math.exp(a)
        s1 = b * b
        d = s1 + a
        s2 = d * b
        total = total + s2
        grad_s2 = grad_total
        grad_b = grad_s2 * d
        grad_d = grad_s2 * b
        grad_a = grad_d
        grad_s1 = grad_d
        grad_b += grad_s1 * b
        grad_b += grad_s1 * b
        grad_a += grad_b * b
        grad_c += grad_a * s0
        grad_s0 = grad_a * c
        grad_x[i] += grad_s0
    return grad_x, grad_c
