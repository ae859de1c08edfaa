import math

import numba


@numba.njit
def even_part_forward(x, n, tape):
    if n == 0:
        result = x
    else:
        n_1 = n - 1
        if n_1 == 0:
            result_1 = x * x
        else:
            t = x * 1.1
            t_1 = n_1 - 1
            s0 = even_part_forward(t, t_1, tape)
            result_1 = s0 * x
            tape.append(s0)  # recorded: lost after this call
        result = math.sin(result_1)
        tape.append(result_1)  # recorded: lost after this call
    return result


@numba.njit
def even_part_backward(x, n, grad_result, tape):
    grad_x = 0.0
    if n == 0:
        grad_x += grad_result
    else:
        result_1 = tape.pop()
        grad_result_1 = grad_result * math.cos(result_1)
        n_1 = n - 1
        if n_1 == 0:
            grad_x += grad_result_1 * x
            grad_x += grad_result_1 * x
        else:
            s0 = tape.pop()
            grad_x += grad_result_1 * s0
            grad_s0 = grad_result_1 * x
            t = x * 1.1
            t_1 = n_1 - 1
            slope = even_part_backward(t, t_1, grad_s0, tape)
            grad_t = slope
            grad_x += grad_t * 1.1
    return grad_x


def mutual_grad(x, n):
    # Forward pass: compute output
    tape = [0.0] * 0
    t_2 = even_part_forward(x, n, tape)
    t = x * 1.1
    t_1 = 1
    s0 = even_part_forward(t, t_1, tape)
    result = s0 * x
    s1 = result * x
    s2 = t_2 + s1
    # Backward pass: compute grads
    grad_s2 = 1.0
    grad_s1 = grad_s2
    grad_t_2 = grad_s2
    grad_x = grad_s1 * result
    grad_result = grad_s1 * x
    grad_x += grad_result * s0
    grad_s0 = grad_result * x
    slope = even_part_backward(t, t_1, grad_s0, tape)
    grad_t = slope
    grad_x += grad_t * 1.1
    slope_1 = even_part_backward(x, n, grad_t_2, tape)
    grad_x += slope_1
    return grad_x
