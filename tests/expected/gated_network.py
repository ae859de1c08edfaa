import math

import numba
import numpy as np


@numba.njit
def relu(x):
    """The positive part."""
    return np.maximum(x, 0)


@numba.njit
def softmax_cross_entropy(y, t):
    """The mean over the rows of -log(softmax(y)) at the labels t."""
    if len(t) != len(y):
        raise ValueError("softmax_cross_entropy: there is to be one label for each row")
    for label in t:
        if not 0 <= label < y.shape[1]:
            raise ValueError("softmax_cross_entropy: a label has no score")
    loss = 0.0
    for i in range(len(y)):
        top, total = -math.inf, 0.0
        for k in range(y.shape[1]):
            top = max(top, y[i, k])
        for k in range(y.shape[1]):
            total += math.exp(y[i, k] - top)
        loss += math.log(total) - (y[i, t[i]] - top)
    return loss / len(y)


@numba.njit
def softmax(x, axis=-1):
    """exp(x) / sum(exp(x)) along an axis of a matrix, without overflow."""
    result = np.empty(x.shape, np.exp(x[:0]).dtype)
    lines, parts = (x, result) if axis % 2 == 1 else (x.T, result.T)
    for i in range(lines.shape[0]):
        top, total = -math.inf, 0.0
        for k in range(lines.shape[1]):
            top = max(top, lines[i, k])
        for k in range(lines.shape[1]):
            parts[i, k] = math.exp(lines[i, k] - top)
            total += parts[i, k]
        for k in range(lines.shape[1]):
            parts[i, k] /= total
    return result


@numba.njit
def one_hot(labels, scores):
    """A row for each label, 1 at the label's position; shape and dtype are those of scores."""
    result = np.zeros_like(scores)
    for k in range(len(labels)):
        result[k, labels[k]] = 1
    return result


@numba.njit
def unbroadcast(g, shape):
    """The sum of ``g`` over the axes along which an operand of this shape was broadcast."""
    size, extra, plain = 1, g.ndim - len(shape), True
    for d in range(len(shape)):
        size *= shape[d]
        plain = plain and shape[d] == g.shape[d + extra]
    flat = np.ascontiguousarray(g).reshape(g.size)
    if size == flat.size:
        return np.copy(flat).reshape(shape)
    result = np.zeros(size, g.dtype)
    if plain:
        for start in range(0, flat.size, size):
            result += flat[start : start + size]
        return result.reshape(shape)
    for k in range(flat.size):
        rest, place, stride = k, 0, 1
        for d in range(len(shape) - 1, -1, -1):
            if shape[d] != 1:
                place += rest % g.shape[d + extra] * stride
            rest //= g.shape[d + extra]
            stride *= shape[d]
        result[place] += flat[k]
    return result.reshape(shape)


def network_grad(X, labels, W1, b1, W2, b2):
    # Forward pass: compute output
    s0 = X @ W1
    s1 = s0 + b1
    h = relu(s1)
    s2 = h @ W2
    s3 = s2 + b2
    s4 = softmax_cross_entropy(s3, labels)
    s5 = W1 ** 2
    s6 = np.sum(s5)
    s7 = 0.01 * s6
    s8 = s4 + s7
    # Backward pass: compute grads
    grad_s8 = 1.0
    grad_s7 = grad_s8
    grad_s4 = grad_s8
    grad_s6 = grad_s7 * 0.01
    grad_s5 = np.full_like(s5, grad_s6)
    grad_W1 = grad_s5 * 2 * W1
    grad_s3 = grad_s4 * (softmax(s3) - one_hot(labels, s3)) / len(s3)
    grad_b2 = unbroadcast(grad_s3, b2.shape)
    grad_s2 = unbroadcast(grad_s3, s2.shape)
    grad_W2 = h.T @ grad_s2
    grad_h = grad_s2 @ W2.T
    grad_s1 = np.where(h > 0, grad_h, 0)
    grad_b1 = unbroadcast(grad_s1, b1.shape)
    grad_s0 = unbroadcast(grad_s1, s0.shape)
    grad_W1 += X.T @ grad_s0
    grad_X = grad_s0 @ W1.T
    return grad_X, grad_W1, np.copy(grad_b1), grad_W2, np.copy(grad_b2)
