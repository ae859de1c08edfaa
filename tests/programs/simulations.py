"""Small simulations: time stepping, dynamic programming, recurrent networks."""

import math

import numpy as np

from programs.case import sample, signed, structured


@structured(sample(6), 0.1, 3, compiled=True)
def heat_by_swap(u, alpha, steps):
    v = u.copy()
    for _ in range(steps):
        for i in range(1, 5):
            v[i] = u[i] + alpha * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u, v = v, u
    return np.sum(u * u)


@structured(sample(6), 0.1, 3)
def heat_in_place(u, alpha, steps):
    for _ in range(steps):
        u[1:-1] += alpha * (u[:-2] - 2.0 * u[1:-1] + u[2:])
    return np.sum(u * u)


@structured(sample(4, 4), 0.1)
def heat_in_two_dimensions(u, alpha):
    for _ in range(2):
        new = u.copy()
        new[1:-1, 1:-1] += alpha * (
            u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] - 4 * u[1:-1, 1:-1]
        )
        u = new
    return np.sum(u**2)


@structured(sample(6), 0.2, compiled=True)
def gauss_seidel(u, f):
    for sweep in range(3):
        for i in range(1, 5):
            u[i] = 0.5 * (u[i - 1] + u[i + 1]) + f * u[i] ** 2
    return u[2] * u[3]


@structured(signed(3, 2), signed(3, 2, seed=1))
def leapfrog(q, v):
    dt = 0.05
    for step in range(3):
        f = np.zeros((3, 2))
        for i in range(3):
            for j in range(3):
                if i != j:
                    d = q[j] - q[i]
                    r2 = d[0] * d[0] + d[1] * d[1] + 0.1
                    f[i] += d / (r2 * math.sqrt(r2))
        v += dt * f
        q += dt * v
    return np.sum(q * q) + 0.5 * np.sum(v * v)


@structured(0.3, 1.2, 0.9)
def pendulum(theta, omega, length):
    dt = 0.1
    for _ in range(5):
        omega -= dt * 9.81 / length * math.sin(theta)
        theta += dt * omega
    return theta * theta


def lotka_volterra(y, p):
    return np.array([p[0] * y[0] - p[1] * y[0] * y[1], p[2] * y[0] * y[1] - p[3] * y[1]])


@structured(sample(2), sample(4, seed=3))
def runge_kutta(y, p):
    h = 0.1
    for _ in range(3):
        k1 = lotka_volterra(y, p)
        k2 = lotka_volterra(y + 0.5 * h * k1, p)
        k3 = lotka_volterra(y + 0.5 * h * k2, p)
        k4 = lotka_volterra(y + h * k3, p)
        y = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return y[0] * y[1]


@structured(signed(3, 3), signed(3, 2), signed(3), signed(4, 2))
def rnn_by_loops(W, U, b, x):
    h = np.zeros(3)
    new = np.zeros(3)
    for t in range(4):
        for i in range(3):
            s = b[i]
            for j in range(3):
                s += W[i, j] * h[j]
            for j in range(2):
                s += U[i, j] * x[t, j]
            new[i] = math.tanh(s)
        for i in range(3):
            h[i] = new[i]
    return h[0] * h[1] + h[2]


@structured(signed(3, 3), signed(3, 2), signed(3), signed(4, 2), compiled=True)
def rnn_in_numpy(W, U, b, x):
    h = np.zeros(3)
    loss = 0.0
    for t in range(4):
        h = np.tanh(W @ h + U @ x[t] + b)
        loss += np.sum(h * h)
    return loss


@structured(signed(4, 5), signed(3, 1))
def lstm_cell(W, x):
    h, c = 0.0, 0.0
    sig = lambda z: 1.0 / (1.0 + math.exp(-z))
    for t in range(3):
        i = sig(W[0, 0] * x[t, 0] + W[0, 1] * h + W[0, 2])
        f = sig(W[1, 0] * x[t, 0] + W[1, 1] * h + W[1, 2])
        o = sig(W[2, 0] * x[t, 0] + W[2, 1] * h + W[2, 2])
        g = math.tanh(W[3, 0] * x[t, 0] + W[3, 1] * h + W[3, 2])
        c = f * c + i * g
        h = o * math.tanh(c)
    return h * h


@structured(sample(4), sample(5, seed=1), 0.5)
def soft_dynamic_time_warping(x, y, gamma):
    n, m = len(x), len(y)
    R = np.full((n + 1, m + 1), 1e10)
    R[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            a = -R[i - 1, j] / gamma
            b = -R[i, j - 1] / gamma
            c = -R[i - 1, j - 1] / gamma
            top = max(a, b, c)
            s = math.exp(a - top) + math.exp(b - top) + math.exp(c - top)
            R[i, j] = (x[i - 1] - y[j - 1]) ** 2 - gamma * (math.log(s) + top)
    return R[n, m]


@structured(1.9, 0.6)
def newton_root(a, x):
    dx = 1.0
    while abs(dx) > 1e-13:
        dx = (x**3 + x - a) / (3 * x**2 + 1)
        x = x - dx
    return x * a


@structured(sample(6), sample(6, seed=1))
def natural_cubic_spline(t, y):
    n = 6
    x = np.zeros(n)
    for i in range(1, n):
        x[i] = x[i - 1] + t[i]
    h = np.diff(x)
    a, b, c, d = np.zeros(n), np.ones(n), np.zeros(n), np.zeros(n)
    for i in range(1, n - 1):
        a[i] = h[i - 1]
        b[i] = 2.0 * (h[i - 1] + h[i])
        c[i] = h[i]
        d[i] = 6.0 * ((y[i + 1] - y[i]) / h[i] - (y[i] - y[i - 1]) / h[i - 1])
    for i in range(1, n):
        w = a[i] / b[i - 1]
        b[i] -= w * c[i - 1]
        d[i] -= w * d[i - 1]
    m = np.zeros(n)
    m[n - 1] = d[n - 1] / b[n - 1]
    for i in range(n - 2, -1, -1):
        m[i] = (d[i] - c[i] * m[i + 1]) / b[i]
    return np.sum(m * m)


@structured(sample(6), 0.4, 0.3)
def wave_equation(u, c, dt):
    prev = u.copy()
    for _ in range(4):
        nxt = np.zeros(6)
        for i in range(1, 5):
            lap = u[i + 1] - 2.0 * u[i] + u[i - 1]
            nxt[i] = 2.0 * u[i] - prev[i] + (c * dt) ** 2 * lap
        prev = u
        u = nxt
    return np.sum(u * u) + prev[2]


@structured(sample(3), 0.05)
def gradient_descent_by_hand(x, rate):
    y = np.ones(3)
    for _ in range(5):
        g = 2.0 * (y - x) + 4.0 * y**3
        y = y - rate * g
    return np.sum(y * x)


@structured(sample(3), 0.05)
def gradient_descent_with_momentum(x, rate):
    y = np.ones(3)
    m = np.zeros(3)
    for k in range(5):
        m *= 0.9
        m += y - x * y * y
        y -= rate * m
    return np.sum(y * y)


@structured(sample(4, 2))
def lorenz_like_states_kept(p):
    states = np.zeros((5, 2))
    states[0] = p[0]
    for t in range(4):
        x, y = states[t, 0], states[t, 1]
        states[t + 1, 0] = x + 0.1 * (y - x) * p[t, 0]
        states[t + 1, 1] = y + 0.1 * (x * y - y * p[t, 1])
    return np.sum(states * states)


@structured(sample(5), sample(5, seed=2))
def euler_with_adaptive_step(x, y):
    t, h, s = 0.0, 0.3, x[0]
    n = 0
    while t < 1.0 and n < 50:
        slope = y[n % 5] - s * s
        if abs(slope * h) > 0.2:
            h = h * 0.5
            n += 1
            continue
        s = s + h * slope
        t = t + h
        h = h * 1.3
        n += 1
    return s * s + t


@structured(sample(3, 4), 0.1, 2)
def periodic_stencil_with_rolls(u, rate, shift):
    for k in range(3):
        v = np.roll(u, 1, axis=0) + np.roll(u, -shift, axis=1) - 2.0 * u
        u = u + rate * v * np.roll(u * u, k - 9, 1)
    return np.sum(u * np.roll(u, 2 * shift + 1, axis=-1)) + np.sum(np.roll(u[0] * u[1], shift))


@structured(0.8, 0.3, 4)
def small_system_of_displays(a, b, n):
    def slope(y):
        return np.array([a * y[0] - y[0] * y[1], y[0] * y[1] - b * y[1], y[2] * a])

    y = np.array([1.0, 0.5, 0.2])
    total = 0.0
    for _ in range(n):
        k = slope(y)
        y = y + 0.05 * (k + slope(y + 0.1 * k))
        total += y[1] * y[2]
    return total + np.sum(np.concatenate([y, y[:1]]))
