import numpy as np


def return_in_loop_grad(x):
    # Forward pass: compute output
    done = False
    result = 0.0
    total = 0.0
    rounds0 = 0
    tape_total = []
    for i in range(6):
        s0 = x[i]
        tape_total.append(total)  # recorded: overwritten here
        total = total + s0
        if total > 2.0:
            s1 = x[i]
            result = total * s1
            done = True
        rounds0 = rounds0 + 1
        if done:
            break
    if not done:
        result = total
    # Backward pass: compute grads
    grad_result = 1.0
    grad_total = 0.0
    if not done:
        grad_total += grad_result
        grad_result = 0.0
    grad_x = np.zeros_like(x)
    for i in range(rounds0 - 1, -1, -1):
        if total > 2.0:
            s1 = x[i]
            grad_s1 = grad_result * total
            grad_total += grad_result * s1
            grad_x[i] += grad_s1
            grad_result = 0.0
        total = tape_total.pop()
        grad_s0 = grad_total
        grad_x[i] += grad_s0
    return grad_x
