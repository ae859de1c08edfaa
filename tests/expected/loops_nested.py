import numpy as np


def nested_grad(a):
    # Forward pass: compute output
    total = 0.0
    # Backward pass: compute grads
    grad_total = 1.0
    grad_a = np.zeros_like(a)
    # The gradient of what is added up is known: each round is reversed at once
    for i in range(3):
        row = 1.0
        tape_row = np.empty(4)
        for j in range(4):
            s0 = a[i, j]
            tape_row[j] = row  # recorded: overwritten here
            row = row * s0
        s1 = row * row
        total = total + s1
        grad_s1 = grad_total
        grad_row = grad_s1 * row
        grad_row += grad_s1 * row
        for j in range(3, -1, -1):
            row = tape_row[j]
            s0 = a[i, j]
            grad_s0 = grad_row * row
            grad_row = grad_row * s0
            grad_a[i, j] += grad_s0
    return grad_a
