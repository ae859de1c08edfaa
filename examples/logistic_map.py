"""The logistic map x -> r x (1 - x): how far apart two starts end up.

The derivative after n rounds is a product of n factors, known in closed form. Prints it, the
Lyapunov exponent that it estimates, and the relative error.
"""

import math

from srcgrad import grad


def iterate(x, r, n):
    for _ in range(n):
        x = r * x * (1.0 - x)
    return x


def main():
    x, r, n = 0.3, 3.9, 200
    slope = grad(iterate, wrt="x")(x, r, n)
    exact = 1.0
    for _ in range(n):
        exact *= r * (1.0 - 2.0 * x)
        x = r * x * (1.0 - x)
    print(f"derivative after {n} rounds: {slope:.6e}")
    print(f"Lyapunov exponent: {math.log(abs(slope)) / n:.4f}")
    print(f"error: {abs(slope / exact - 1.0):.1e}")


if __name__ == "__main__":
    main()
