import numba


@numba.njit
def power_forward(x, n, tape):
    if n == 0:
        result = 1.0
    else:
        t = n - 1
        s0 = power_forward(x, t, tape)
        result = x * s0
        tape.append(s0)  # recorded: lost after this call
    return result


@numba.njit
def power_backward(x, n, grad_result, tape):
    grad_x = 0.0
    if not n == 0:
        s0 = tape.pop()
        grad_s0 = grad_result * x
        grad_x += grad_result * s0
        t = n - 1
        slope = power_backward(x, t, grad_s0, tape)
        grad_x += slope
    return grad_x


def power_grad(x, n):
    # Forward pass: compute output
    tape = [0.0] * 0
    if n == 0:
        result = 1.0
    else:
        t = n - 1
        s0 = power_forward(x, t, tape)
        result = x * s0
    # Backward pass: compute grads
    grad_result = 1.0
    grad_x = 0.0
    if n == 0:
        grad_result = 0.0
    else:
        grad_s0 = grad_result * x
        grad_x += grad_result * s0
        slope = power_backward(x, t, grad_s0, tape)
        grad_x += slope
        grad_result = 0.0
    return grad_x
