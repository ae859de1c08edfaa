"""Newton's method with a ``while`` loop, differentiated through.

Kepler's equation E - e sin(E) = M is solved to the last digits; the derivatives of the
solution with respect to e and M are known in closed form. Prints both and their difference.
"""

import math

from srcgrad import grad


def anomaly(M, e):
    E = M
    step = 1.0
    while abs(step) > 1e-14:
        step = (E - e * math.sin(E) - M) / (1.0 - e * math.cos(E))
        E = E - step
    return E


def main():
    M, e = 0.8, 0.3
    E = anomaly(M, e)
    slopes = grad(anomaly)(M, e)
    exact = (1.0 / (1.0 - e * math.cos(E)), math.sin(E) / (1.0 - e * math.cos(E)))
    print(f"E = {E:.12f}, dE/dM = {slopes[0]:.12f}, dE/de = {slopes[1]:.12f}")
    print(f"difference: {max(abs(s - x) for s, x in zip(slopes, exact, strict=True)):.1e}")


if __name__ == "__main__":
    main()
