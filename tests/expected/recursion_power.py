import numba


@numba.njit
def power_forward(x, n, tape_s0):
    if n == 0:
        result = 1.0
    else:
        t = n - 1
        s0 = power_forward(x, t, tape_s0)
        result = x * s0
        tape_s0.append(s0)  # recorded: lost after this call
    return result


@numba.njit
def power_backward(x, n, grad_result, tape_s0):
    grad_x = 0.0
    if not n == 0:
        s0 = tape_s0.pop()
        grad_s0 = grad_result * x
        grad_x += grad_result * s0
        t = n - 1
        slopes = power_backward(x, t, grad_s0, tape_s0)
        grad_x += slopes
    return grad_x


def power_grad(x, n):
    # Forward pass: compute output
    tape_s0 = [0.0] * 0
    if n == 0:
        result = 1.0
    else:
        t = n - 1
        s0 = power_forward(x, t, tape_s0)
        result = x * s0
    # Backward pass: compute grads
    grad_result = 1.0
    grad_x = 0.0
    if n == 0:
        grad_result = 0.0
    else:
        grad_s0 = grad_result * x
        grad_x += grad_result * s0
        slopes = power_backward(x, t, grad_s0, tape_s0)
        grad_x += slopes
        grad_result = 0.0
    return grad_x
