import numpy as np


def matrix_matrix_grad(A, B):
    # Forward pass: compute output
    s0 = A @ B
    s1 = np.sin(s0)
    s2 = np.sum(s1)
    # Backward pass: compute grads
    grad_s2 = 1.0
    grad_s1 = np.full_like(s1, grad_s2)
    grad_s0 = grad_s1 * np.cos(s0)
    grad_B = A.T @ grad_s0
    grad_A = grad_s0 @ B.T
    return grad_A, grad_B
