"""A recurrent network written with loops over units, the way one writes it in C.

Prints the loss, the norm of the gradient, and the difference along a random direction.
"""

import math

import numpy as np

from srcgrad import value_and_grad


def loss(W, U, b, x, t):
    n, steps = len(b), x.shape[0]
    h = np.zeros(n)
    new = np.empty(n)
    total = 0.0
    for step in range(steps):
        for i in range(n):
            s = b[i]
            for j in range(n):
                s += W[i, j] * h[j]
            for j in range(x.shape[1]):
                s += U[i, j] * x[step, j]
            new[i] = math.tanh(s)
        h, new = new, h
        total += (h[0] - t[step]) ** 2
    return total / steps


def main():
    rng = np.random.default_rng(0)
    W, U, b = 0.3 * rng.normal(size=(8, 8)), rng.normal(size=(8, 2)), np.zeros(8)
    x = rng.normal(size=(30, 2))
    t = np.cumsum(x[:, 0]) * 0.1
    value, (dW, dU, db) = value_and_grad(loss, wrt=("W", "U", "b"))(W, U, b, x, t)
    d, h = rng.normal(size=W.shape), 1e-5
    slope = (loss(W + h * d, U, b, x, t) - loss(W - h * d, U, b, x, t)) / (2 * h)
    print(f"loss: {value:.6f}")
    print(f"norm of the gradient: {math.sqrt(np.sum(dW**2) + np.sum(dU**2) + np.sum(db**2)):.6f}")
    print(f"difference: {abs(np.sum(dW * d) - slope):.1e}")


if __name__ == "__main__":
    main()
