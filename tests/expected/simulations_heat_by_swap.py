import numpy as np


def heat_by_swap_grad(u, alpha, steps):
    # Forward pass: compute output
    u = np.copy(u)  # the caller's array is left alone
    grad_u = np.zeros_like(u)
    v = np.copy(u)
    grad_v = np.zeros_like(v)
    tape_v = np.empty((max(steps, 0), len(range(1, 5))))
    for _ in range(steps):
        for i in range(1, 5):
            s0 = u[i]
            s1 = u[i - 1]
            s2 = u[i]
            s3 = 2.0 * s2
            s4 = s1 - s3
            s5 = u[i + 1]
            s6 = s4 + s5
            s7 = alpha * s6
            s8 = s0 + s7
            tape_v[_, i - 1] = v[i]  # recorded: overwritten here
            v[i] = s8
        u, v = v, u
        grad_u, grad_v = grad_v, grad_u
    s9 = u * u
    s10 = np.sum(s9)
    # Backward pass: compute grads
    grad_s10 = 1.0
    grad_s9 = np.full_like(s9, grad_s10)
    grad_u += grad_s9 * u
    grad_u += grad_s9 * u
    grad_alpha = 0.0
    for _ in range(steps - 1, -1, -1):
        v, u = u, v
        grad_v, grad_u = grad_u, grad_v
        for i in range(4, 0, -1):
            grad_s8 = grad_v[i]
            grad_v[i] = 0.0
            v[i] = tape_v[_, i - 1]
            grad_s7 = grad_s8
            grad_s0 = grad_s8
            s1 = u[i - 1]
            s2 = u[i]
            s3 = 2.0 * s2
            s4 = s1 - s3
            s5 = u[i + 1]
            s6 = s4 + s5
            grad_s6 = grad_s7 * alpha
            grad_alpha += grad_s7 * s6
            grad_s5 = grad_s6
            grad_s4 = grad_s6
            grad_u[i + 1] += grad_s5
            grad_s3 = -grad_s4
            grad_s1 = grad_s4
            grad_s2 = grad_s3 * 2.0
            grad_u[i] += grad_s2
            grad_u[i - 1] += grad_s1
            grad_u[i] += grad_s0
    grad_u += grad_v
    return grad_u, grad_alpha
