import math

import numba


@numba.njit
def even_part(x, n):
    if n == 0:
        result = x
    else:
        n_1 = n - 1
        if n_1 == 0:
            result_1 = x * x
        else:
            t = x * 1.1
            t_1 = n_1 - 1
            s0 = even_part(t, t_1)
            result_1 = s0 * x
        result = math.sin(result_1)
    return result


@numba.njit
def even_part_gradient(x, n):
    # Forward pass: compute output
    if n == 0:
        result = x
    else:
        n_1 = n - 1
        if n_1 == 0:
            result_1 = x * x
        else:
            t = x * 1.1
            t_1 = n_1 - 1
            s0 = even_part(t, t_1)
            result_1 = s0 * x
        result = math.sin(result_1)
    # Backward pass: compute grads
    grad_result = 1.0
    grad_x = 0.0
    if n == 0:
        grad_x += grad_result
        grad_result = 0.0
    else:
        grad_result_1 = grad_result * math.cos(result_1)
        if n_1 == 0:
            grad_x += grad_result_1 * x
            grad_x += grad_result_1 * x
            grad_result_1 = 0.0
        else:
            grad_x += grad_result_1 * s0
            grad_s0 = grad_result_1 * x
            slopes = even_part_gradient(t, t_1)
            grad_t = grad_s0 * slopes
            grad_x += grad_t * 1.1
            grad_result_1 = 0.0
        grad_result = 0.0
    return grad_x


def mutual_grad(x, n):
    # Forward pass: compute output
    t_2 = even_part(x, n)
    t = x * 1.1
    t_1 = 1
    s0 = even_part(t, t_1)
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
    slopes = even_part_gradient(t, t_1)
    grad_t = grad_s0 * slopes
    grad_x += grad_t * 1.1
    slopes2 = even_part_gradient(x, n)
    grad_x += grad_t_2 * slopes2
    return grad_x
