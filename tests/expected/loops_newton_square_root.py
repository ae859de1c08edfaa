def newton_square_root_grad(a):
    # Forward pass: compute output
    x = a
    rounds0 = 0
    tape_x = []
    while abs(x * x - a) > 1e-12:
        s0 = a / x
        s1 = x + s0
        tape_x.append(x)  # recorded: overwritten here
        x = 0.5 * s1
        rounds0 = rounds0 + 1
    # Backward pass: compute grads
    grad_x = 1.0
    grad_a = 0.0
    for k in range(rounds0):
        grad_s1 = grad_x * 0.5
        x = tape_x.pop()
        grad_s0 = grad_s1
        grad_x = grad_s1
        s0 = a / x
        grad_x -= grad_s0 * s0 / x
        grad_a += grad_s0 / x
    grad_a += grad_x
    return grad_a
