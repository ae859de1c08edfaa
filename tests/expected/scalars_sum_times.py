def sum_times_grad(x, y, z):
    # Forward pass: compute output
    s0 = x + y
    s1 = s0 * z
    # Backward pass: compute grads
    grad_s1 = 1.0
    grad_z = grad_s1 * s0
    grad_s0 = grad_s1 * z
    grad_y = grad_s0
    grad_x = grad_s0
    return grad_x, grad_y, grad_z
