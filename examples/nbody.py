"""Planets under gravity, integrated by leapfrog: how the end depends on the start.

Positions and velocities are updated in place, row by row. Prints the gradient of the final
distance of two planets with respect to the masses, and its difference from central differences.
"""

import math

import numpy as np

from srcgrad import grad


def forces(q, mass, a):
    n = q.shape[0]
    a[:] = 0.0
    for i in range(n):
        for j in range(i):
            d = q[j] - q[i]
            r2 = np.sum(d * d) + 1e-3
            pull = d / (r2 * math.sqrt(r2))
            a[i] += mass[j] * pull
            a[j] -= mass[i] * pull


def final_distance(mass, q, v, dt, steps):
    a = np.zeros_like(q)
    forces(q, mass, a)
    for _ in range(steps):
        v += 0.5 * dt * a
        q += dt * v
        forces(q, mass, a)
        v += 0.5 * dt * a
    return np.sum((q[1] - q[2]) ** 2)


def main():
    mass = np.array([1.0, 0.01, 0.02])
    q = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.5]])
    v = np.array([[0.0, 0.0], [0.0, 1.0], [-0.8, 0.0]])
    slope = grad(final_distance, wrt="mass")(mass, q, v, 0.02, 100)
    reference = np.empty(3)
    for k in range(3):
        h = 1e-5 * np.eye(3)[k]
        ahead = final_distance(mass + h, q.copy(), v.copy(), 0.02, 100)
        behind = final_distance(mass - h, q.copy(), v.copy(), 0.02, 100)
        reference[k] = (ahead - behind) / 2e-5
    print(f"derivative with respect to the masses: {np.round(slope, 6)}")
    print(f"difference: {np.max(np.abs(slope - reference)):.1e}")


if __name__ == "__main__":
    main()
