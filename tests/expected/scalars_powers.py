import numpy as np


def powers_grad(x, y):
    # Forward pass: compute output
    s0 = x ** 2
    s1 = x ** 3.0
    s2 = s0 + s1
    s3 = x ** y
    s4 = s2 + s3
    s5 = 2.0 ** y
    s6 = s4 + s5
    s7 = x ** (-1)
    s8 = s6 + s7
    s9 = x ** 0.5
    s10 = s8 + s9
    s11 = x ** 0
    s12 = s10 + s11
    # Backward pass: compute grads
    grad_s12 = 1.0
    grad_s10 = grad_s12
    grad_s9 = grad_s10
    grad_s8 = grad_s10
    grad_x = grad_s9 / (2 * s9)
    grad_s7 = grad_s8
    grad_s6 = grad_s8
    grad_x -= grad_s7 * s7 * s7
    grad_s5 = grad_s6
    grad_s4 = grad_s6
    grad_y = grad_s5 * s5 * np.log(2.0) if 2.0 != 0 else 0.0
    grad_s3 = grad_s4
    grad_s2 = grad_s4
    grad_y += grad_s3 * s3 * np.log(x) if x != 0 else 0.0
    grad_x += grad_s3 * y * x ** (y - 1 if y != 0 else 1)
    grad_s1 = grad_s2
    grad_s0 = grad_s2
    grad_x += grad_s1 * 3.0 * x ** 2.0
    grad_x += grad_s0 * 2 * x
    return grad_x, grad_y
