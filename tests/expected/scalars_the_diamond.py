import math


def the_diamond_grad(v):
    # Forward pass: compute output
    w = v * v
    x = 3.0 * w
    y = math.sin(w)
    z = x * y
    # Backward pass: compute grads
    grad_z = 1.0
    grad_y = grad_z * x
    grad_x = grad_z * y
    grad_w = grad_y * math.cos(w)
    grad_w += grad_x * 3.0
    grad_v = grad_w * v
    grad_v += grad_w * v
    return grad_v
