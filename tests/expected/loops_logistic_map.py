import numpy as np


def logistic_map_grad(x, n):
    # Forward pass: compute output
    tape_s1 = np.empty(max(n, 0))
    tape_s0 = np.empty(max(n, 0))
    for _ in range(n):
        s0 = 3.6 * x
        tape_s0[_] = s0  # recorded: lost after this round
        s1 = 1.0 - x
        tape_s1[_] = s1  # recorded: lost after this round
        x = s0 * s1
    # Backward pass: compute grads
    grad_x = 1.0
    for _ in range(n - 1, -1, -1):
        s0 = tape_s0[_]
        s1 = tape_s1[_]
        grad_s1 = grad_x * s0
        grad_s0 = grad_x * s1
        grad_x = -grad_s1
        grad_x += grad_s0 * 3.6
    return grad_x
