"""Functions that use the gates of the lecture."""

import numpy as np

from programs.case import signed, straight_line, structured
from srcgrad.gates import affine, logsumexp, relu, sigmoid, softmax, softmax_cross_entropy


@straight_line(2.0, -1.0, -3.0, -2.0, -3.0, compiled=True)
def neuron(w0, x0, w1, x1, w2):
    return sigmoid(w0 * x0 + w1 * x1 + w2)


@straight_line(0.7, -0.4)
def scalar_gates(x, y):
    return sigmoid(x * y) + relu(x) * relu(y) + relu(-y)


@straight_line(signed(5))
def array_gates(x):
    return np.sum(sigmoid(x) * relu(x)) + logsumexp(x)


@straight_line(signed(4), signed(4, seed=1))
def softmax_of_vector(x, w):
    return np.sum(softmax(x) * w)


@straight_line(signed(3, 4), signed(3, 4, seed=1))
def softmax_of_rows(x, w):
    return np.sum(softmax(x) * w)


@straight_line(signed(5, 3), signed(3, 2), signed(2))
def affine_layer(X, W, b):
    return np.sum(affine(X, W, b) ** 2)


@straight_line(signed(5, 3), np.array([0, 2, 1, 1, 0]), compiled=True)
def cross_entropy(Z, labels):
    return softmax_cross_entropy(Z, labels)


@straight_line(
    signed(6, 3),
    np.array([0, 1, 1, 0, 1, 1]),
    signed(3, 4),
    signed(4, seed=7),
    signed(4, 2),
    signed(2),
)
def network(X, labels, W1, b1, W2, b2):
    h = relu(X @ W1 + b1)
    return softmax_cross_entropy(h @ W2 + b2, labels) + 0.01 * np.sum(W1**2)


@structured(signed(6), signed(2))
def gates_in_a_loop(x, w):
    h = 0.0
    for v in x:
        h = sigmoid(w[0] * h + w[1] * v)
    return h
