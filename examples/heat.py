"""The heat equation, stepped explicitly in place with two buffers that swap.

The gradient of the misfit at the end with respect to the initial temperature, through 200
steps. Prints one slope and its difference from a central difference.
"""

import numpy as np

from srcgrad import grad


def misfit(u, target, alpha, steps):
    v = u.copy()
    for _ in range(steps):
        for i in range(1, len(u) - 1):
            v[i] = u[i] + alpha * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u, v = v, u
    return np.sum((u - target) ** 2)


def main():
    grid = np.linspace(0.0, 1.0, 51)
    u, target = np.sin(np.pi * grid), 0.3 * np.exp(-20 * (grid - 0.4) ** 2)
    slope = grad(misfit, wrt="u")(u, target, 0.2, 200)
    k, h = 20, 1e-4
    bump = h * (np.arange(51) == k)
    ahead, behind = misfit(u + bump, target, 0.2, 200), misfit(u - bump, target, 0.2, 200)
    print(f"derivative with respect to u[{k}]: {slope[k]:.8f}")
    print(f"difference: {abs(slope[k] - (ahead - behind) / (2 * h)):.1e}")


if __name__ == "__main__":
    main()
