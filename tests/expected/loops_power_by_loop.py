import numpy as np


def power_by_loop_grad(x):
    # Forward pass: compute output
    result = 1.0
    tape_result = np.empty(5)
    for _ in range(5):
        tape_result[_] = result  # recorded: overwritten here
        result = result * x
    # Backward pass: compute grads
    grad_result = 1.0
    grad_x = 0.0
    for _ in range(4, -1, -1):
        result = tape_result[_]
        grad_x += grad_result * result
        grad_result = grad_result * x
    return grad_x
