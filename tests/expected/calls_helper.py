def helper_grad(x):
    # Forward pass: compute output
    t = x * x
    x_1 = x + 1.0
    s0 = x_1 * x_1
    s1 = t + s0
    # Backward pass: compute grads
    grad_s1 = 1.0
    grad_s0 = grad_s1
    grad_t = grad_s1
    grad_x_1 = grad_s0 * x_1
    grad_x_1 += grad_s0 * x_1
    grad_x = grad_x_1
    grad_x += grad_t * x
    grad_x += grad_t * x
    return grad_x
