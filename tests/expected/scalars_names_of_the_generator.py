def names_of_the_generator_grad(s0, grad_x):
    # Forward pass: compute output
    s1 = s0 * grad_x
    grad_s1 = s1 * s0
    grad_grad_x = grad_s1 + grad_x
    t0 = grad_grad_x * s1
    s2 = t0 * s0
    # Backward pass: compute grads
    grad_s2 = 1.0
    grad_s0 = grad_s2 * t0
    grad_t0 = grad_s2 * s0
    grad_s1_ = grad_t0 * grad_grad_x
    grad_grad_grad_x = grad_t0 * s1
    grad_grad_x_ = grad_grad_grad_x
    grad_grad_s1 = grad_grad_grad_x
    grad_s0 += grad_grad_s1 * s1
    grad_s1_ += grad_grad_s1 * s0
    grad_grad_x_ += grad_s1_ * s0
    grad_s0 += grad_s1_ * grad_x
    return grad_s0, grad_grad_x_
