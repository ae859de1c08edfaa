import math
import numpy as np


def cholesky_grad(A):
    # Forward pass: compute output
    n = A.shape[0]
    L = np.zeros((n, n))
    tape_L = np.empty(max(n, 0))
    tape_L_1 = []
    tape_s8 = []
    tape_s3 = np.empty(max(n, 0))
    for j in range(n):
        s = A[j, j]
        for k in range(j):
            s0 = L[j, k]
            s1 = L[j, k]
            s2 = s0 * s1
            s = s - s2
        s3 = math.sqrt(s)
        tape_s3[j] = s3  # recorded: lost after this round
        tape_L[j] = L[j, j]  # recorded: overwritten here
        L[j, j] = s3
        for i in range(j + 1, n):
            s_1 = A[i, j]
            for k in range(j):
                s4 = L[i, k]
                s5 = L[j, k]
                s6 = s4 * s5
                s_1 = s_1 - s6
            s7 = L[j, j]
            s8 = s_1 / s7
            tape_s8.append(s8)  # recorded: lost after this round
            tape_L_1.append(L[i, j])  # recorded: overwritten here
            L[i, j] = s8
    s9 = L * L
    s10 = s9 * L
    s11 = np.sum(s10)
    # Backward pass: compute grads
    grad_s11 = 1.0
    grad_s10 = np.full_like(s10, grad_s11)
    grad_L = np.zeros_like(L)
    grad_L += grad_s10 * s9
    grad_s9 = grad_s10 * L
    grad_L += grad_s9 * L
    grad_L += grad_s9 * L
    grad_A = np.zeros_like(A)
    for j in range(n - 1, -1, -1):
        for i in range(n - 1, j, -1):
            grad_s8 = grad_L[i, j]
            grad_L[i, j] = 0.0
            old = tape_L_1.pop()
            L[i, j] = old
            s7 = L[j, j]
            s8 = tape_s8.pop()
            grad_s7 = -grad_s8 * s8 / s7
            grad_s_1 = grad_s8 / s7
            grad_L[j, j] += grad_s7
            for k in range(j):
                grad_s6 = -grad_s_1
                s4 = L[i, k]
                s5 = L[j, k]
                grad_s5 = grad_s6 * s4
                grad_s4 = grad_s6 * s5
                grad_L[j, k] += grad_s5
                grad_L[i, k] += grad_s4
            grad_A[i, j] += grad_s_1
        grad_s3 = grad_L[j, j]
        grad_L[j, j] = 0.0
        L[j, j] = tape_L[j]
        s3 = tape_s3[j]
        grad_s = grad_s3 / (2 * s3)
        for k in range(j):
            grad_s2 = -grad_s
            s0 = L[j, k]
            s1 = L[j, k]
            grad_s1 = grad_s2 * s0
            grad_s0 = grad_s2 * s1
            grad_L[j, k] += grad_s1
            grad_L[j, k] += grad_s0
        grad_A[j, j] += grad_s
    return grad_A
