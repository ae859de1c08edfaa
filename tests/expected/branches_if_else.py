def if_else_grad(x, y):
    # Forward pass: compute output
    if x > y:
        z = x * y
    else:
        z = x - y
    s0 = z * z
    # Backward pass: compute grads
    grad_s0 = 1.0
    grad_z = grad_s0 * z
    grad_z += grad_s0 * z
    grad_x = 0.0
    grad_y = 0.0
    if x > y:
        grad_y += grad_z * x
        grad_x += grad_z * y
        grad_z = 0.0
    else:
        grad_y -= grad_z
        grad_x += grad_z
        grad_z = 0.0
    return grad_x, grad_y
