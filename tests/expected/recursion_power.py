import numba


@numba.njit
def power(x, n):
    if n == 0:
        result = 1.0
    else:
        t = n - 1
        s0 = power(x, t)
        result = x * s0
    return result


@numba.njit
def power_gradient(x, n):
    # Forward pass: compute output
    if n == 0:
        result = 1.0
    else:
        t = n - 1
        s0 = power(x, t)
        result = x * s0
    # Backward pass: compute grads
    grad_result = 1.0
    grad_x = 0.0
    if n == 0:
        grad_result = 0.0
    else:
        grad_s0 = grad_result * x
        grad_x += grad_result * s0
        slopes = power_gradient(x, t)
        grad_x += grad_s0 * slopes
        grad_result = 0.0
    return grad_x


def power_grad(x, n):
    # Forward pass: compute output
    if n == 0:
        result = 1.0
    else:
        t = n - 1
        s0 = power(x, t)
        result = x * s0
    # Backward pass: compute grads
    grad_result = 1.0
    grad_x = 0.0
    if n == 0:
        grad_result = 0.0
    else:
        grad_s0 = grad_result * x
        grad_x += grad_result * s0
        slopes = power_gradient(x, t)
        grad_x += grad_s0 * slopes
        grad_result = 0.0
    return grad_x
