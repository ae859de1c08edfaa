def conditional_expression_grad(x, y):
    # Forward pass: compute output
    if x > y:
        s0 = x * y
    else:
        s0 = x - y
    # Backward pass: compute grads
    grad_s0 = 1.0
    grad_x = 0.0
    grad_y = 0.0
    if x > y:
        grad_y += grad_s0 * x
        grad_x += grad_s0 * y
        grad_s0 = 0.0
    else:
        grad_y -= grad_s0
        grad_x += grad_s0
        grad_s0 = 0.0
    return grad_x, grad_y
