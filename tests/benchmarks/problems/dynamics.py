"""Steps in time: Runge-Kutta, heat, bodies, a recurrence, Newton's method."""

import math

import numpy as np

from ..problem import Problem, hand_written, random

# --- Classical Runge-Kutta: GradBench's ode -----------------------------------------------


def ode(x, s):
    n = len(x)
    h = 2.0 / s
    y = np.zeros(n)
    k1, k2, k3, k4 = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    for _ in range(s):
        slope(x, y, k1)
        slope(x, y + 0.5 * h * k1, k2)
        slope(x, y + 0.5 * h * k2, k3)
        slope(x, y + h * k3, k4)
        for i in range(n):
            y[i] += h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i])
    return y[n - 1]


def slope(x, y, k):
    k[0] = x[0]
    for i in range(1, len(x)):
        k[i] = x[i] * y[i - 1]


def ode_step(xp, x, h, y):
    def f(y):
        return xp.concatenate([x[:1], x[1:] * y[:-1]])

    k1 = f(y)
    k2 = f(y + 0.5 * h * k1)
    k3 = f(y + 0.5 * h * k2)
    return y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + f(y + h * k3))


def ode_array(xp):
    def f(x, s):
        y = np.zeros(len(x))
        for _ in range(s):
            y = ode_step(xp, x, 2.0 / s, y)
        return y[-1]

    return f


def ode_jax(jax):
    def f(x, s):
        def step(y, _):
            return ode_step(jax.numpy, x, 2.0 / s, y), None

        return jax.lax.scan(step, jax.numpy.zeros(len(x)), None, length=s)[0][-1]

    return f


@hand_written
def ode_hand(x, s):
    n = len(x)
    h = 2.0 / s
    ys = np.zeros((s + 1, n))
    for t in range(s):
        y, k1, k2, k3, k4 = ys[t, 0], x[0], x[0], x[0], x[0]
        ys[t + 1, 0] = y + h * x[0]
        for i in range(1, n):
            k4 = x[i] * (y + h * k3)
            k3 = x[i] * (y + 0.5 * h * k2)
            k2 = x[i] * (y + 0.5 * h * k1)
            k1 = x[i] * y
            y = ys[t, i]
            ys[t + 1, i] = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    gx, gy = np.zeros(n), np.zeros(n)
    gy[n - 1] = 1.0
    for t in range(s - 1, -1, -1):
        g1, g2, g3, carried = 0.0, 0.0, 0.0, 0.0
        for i in range(n - 1, 0, -1):
            y = ys[t, i - 1]
            if i > 1:
                k1 = x[i - 1] * ys[t, i - 2]
                if i > 2:
                    before = x[i - 2] * ys[t, i - 3]
                    k2 = x[i - 1] * (ys[t, i - 2] + 0.5 * h * before)
                    far = x[i - 3] * ys[t, i - 4] if i > 3 else x[0]
                    last = x[i - 2] * (ys[t, i - 3] + 0.5 * h * far)
                    k3 = x[i - 1] * (ys[t, i - 2] + 0.5 * h * last)
                else:
                    k2 = x[1] * (ys[t, 0] + 0.5 * h * x[0])
                    k3 = k2
            else:
                k1, k2, k3 = x[0], x[0], x[0]
            g = gy[i] * h / 6.0
            g1, g2, g3, g4 = g + g1, 2.0 * g + g2, 2.0 * g + g3, g
            gx[i] += g4 * (y + h * k3) + g3 * (y + 0.5 * h * k2) + g2 * (y + 0.5 * h * k1) + g1 * y
            gy[i] += carried
            carried = x[i] * (g1 + g2 + g3 + g4)
            g3, g2, g1 = h * x[i] * g4, 0.5 * h * x[i] * g3, 0.5 * h * x[i] * g2
        gx[0] += gy[0] * h + g1 + g2 + g3
        gy[0] += carried
    return ys[s, n - 1], gx


# --- Heat in a rod, in place --------------------------------------------------------------


def heat(start, alpha, target, steps):
    u = start.copy()
    n = len(u)
    for _ in range(steps):
        left = u[0]
        for i in range(1, n - 1):
            here = u[i]
            u[i] = here + alpha * (left - 2.0 * here + u[i + 1])
            left = here
    loss = 0.0
    for i in range(n):
        loss += (u[i] - target[i]) ** 2
    return loss


def heat_step(xp, u, alpha):
    return xp.concatenate([u[:1], u[1:-1] + alpha * (u[:-2] - 2.0 * u[1:-1] + u[2:]), u[-1:]])


def heat_array(xp):
    def f(start, alpha, target, steps):
        u = start
        for _ in range(steps):
            u = heat_step(xp, u, alpha)
        return xp.sum((u - target) ** 2)

    return f


def heat_jax(jax):
    def f(start, alpha, target, steps):
        def step(u, _):
            return heat_step(jax.numpy, u, alpha), None

        u, _ = jax.lax.scan(step, start, None, length=steps)
        return jax.numpy.sum((u - target) ** 2)

    return f


@hand_written
def heat_hand(start, alpha, target, steps):
    n = len(start)
    us = np.empty((steps + 1, n))
    us[0] = start
    for t in range(steps):
        us[t + 1, 0], us[t + 1, n - 1] = us[t, 0], us[t, n - 1]
        for i in range(1, n - 1):
            us[t + 1, i] = us[t, i] + alpha * (us[t, i - 1] - 2.0 * us[t, i] + us[t, i + 1])
    g, new = np.empty(n), np.empty(n)
    loss, galpha = 0.0, 0.0
    for i in range(n):
        r = us[steps, i] - target[i]
        loss += r * r
        g[i] = 2.0 * r
    inner = 1.0 - 2.0 * alpha
    for t in range(steps - 1, -1, -1):
        for i in range(1, n - 1):
            galpha += g[i] * (us[t, i - 1] - 2.0 * us[t, i] + us[t, i + 1])
        first, last = g[0], g[n - 1]
        g[0], g[n - 1] = 0.0, 0.0
        for i in range(1, n - 1):
            new[i] = inner * g[i] + alpha * (g[i - 1] + g[i + 1])
        new[0] = first + alpha * g[1]
        new[n - 1] = last + alpha * g[n - 2]
        g, new = new, g
    return loss, g, galpha


def heat_data(steps, n):
    source = random(steps, n)
    return source.normal(size=n), 0.2, source.normal(size=n), steps


# --- Bodies under gravity -----------------------------------------------------------------


def nbody(p, v, mass, dt, steps):
    p, v = p.copy(), v.copy()
    n = len(mass)
    for _ in range(steps):
        for i in range(n):
            for j in range(i):
                x = p[j, 0] - p[i, 0]
                y = p[j, 1] - p[i, 1]
                z = p[j, 2] - p[i, 2]
                square = x * x + y * y + z * z + 0.01
                force = dt / (square * math.sqrt(square))
                v[i, 0] += mass[j] * force * x
                v[i, 1] += mass[j] * force * y
                v[i, 2] += mass[j] * force * z
                v[j, 0] -= mass[i] * force * x
                v[j, 1] -= mass[i] * force * y
                v[j, 2] -= mass[i] * force * z
        for i in range(n):
            for k in range(3):
                p[i, k] += dt * v[i, k]
    total = 0.0
    for i in range(n):
        total += p[i, 0] ** 2 + p[i, 1] ** 2 + p[i, 2] ** 2
    return total


def nbody_step(xp, p, v, mass, dt):
    away = p[None, :, :] - p[:, None, :]
    square = xp.sum(away**2, axis=2) + 0.01
    force = mass[None, :] / (square * xp.sqrt(square))
    v = v + dt * xp.sum(force[:, :, None] * away, axis=1)
    return p + dt * v, v


def nbody_array(xp):
    def f(p, v, mass, dt, steps):
        for _ in range(steps):
            p, v = nbody_step(xp, p, v, mass, dt)
        return xp.sum(p**2)

    return f


def nbody_jax(jax):
    def f(p, v, mass, dt, steps):
        def step(state, _):
            return nbody_step(jax.numpy, *state, mass, dt), None

        (p, _), _ = jax.lax.scan(step, (p, v), None, length=steps)
        return jax.numpy.sum(p**2)

    return f


@hand_written
def nbody_hand(p, v, mass, dt, steps):
    n = len(mass)
    ps = np.empty((steps + 1, n, 3))
    ps[0] = p
    v = v.copy()
    for t in range(steps):
        for i in range(n):
            for j in range(i):
                x = ps[t, j, 0] - ps[t, i, 0]
                y = ps[t, j, 1] - ps[t, i, 1]
                z = ps[t, j, 2] - ps[t, i, 2]
                square = x * x + y * y + z * z + 0.01
                force = dt / (square * math.sqrt(square))
                a, b = mass[j] * force, mass[i] * force
                v[i, 0] += a * x
                v[i, 1] += a * y
                v[i, 2] += a * z
                v[j, 0] -= b * x
                v[j, 1] -= b * y
                v[j, 2] -= b * z
        for i in range(n):
            for k in range(3):
                ps[t + 1, i, k] = ps[t, i, k] + dt * v[i, k]
    total = 0.0
    gp, gv, gm = np.empty((n, 3)), np.zeros((n, 3)), np.zeros(n)
    for i in range(n):
        for k in range(3):
            total += ps[steps, i, k] ** 2
            gp[i, k] = 2.0 * ps[steps, i, k]
    for t in range(steps - 1, -1, -1):
        for i in range(n):
            for k in range(3):
                gv[i, k] += dt * gp[i, k]
        for i in range(n):
            for j in range(i):
                x = ps[t, j, 0] - ps[t, i, 0]
                y = ps[t, j, 1] - ps[t, i, 1]
                z = ps[t, j, 2] - ps[t, i, 2]
                square = x * x + y * y + z * z + 0.01
                force = dt / (square * math.sqrt(square))
                on_i = gv[i, 0] * x + gv[i, 1] * y + gv[i, 2] * z
                on_j = gv[j, 0] * x + gv[j, 1] * y + gv[j, 2] * z
                gm[j] += force * on_i
                gm[i] -= force * on_j
                pull = -3.0 * force / square * (mass[j] * on_i - mass[i] * on_j)
                a, b = force * mass[j], force * mass[i]
                gx = a * gv[i, 0] - b * gv[j, 0] + pull * x
                gy = a * gv[i, 1] - b * gv[j, 1] + pull * y
                gz = a * gv[i, 2] - b * gv[j, 2] + pull * z
                gp[j, 0] += gx
                gp[j, 1] += gy
                gp[j, 2] += gz
                gp[i, 0] -= gx
                gp[i, 1] -= gy
                gp[i, 2] -= gz
    return total, gp, gv, gm


def nbody_data(n, steps):
    source = random(n, steps)
    return (
        source.normal(size=(n, 3)),
        source.normal(size=(n, 3)),
        source.uniform(0.1, 1.0, size=n),
        0.001,
        steps,
    )


# --- A scalar recurrence ------------------------------------------------------------------


def recurrence(x, a, b, rounds):
    for _ in range(rounds):
        x = math.sin(a * x + b)
    return x


def recurrence_array(xp):
    def f(x, a, b, rounds):
        for _ in range(rounds):
            x = xp.sin(a * x + b)
        return x

    return f


def recurrence_jax(jax):
    def f(x, a, b, rounds):
        def step(x, _):
            return jax.numpy.sin(a * x + b), None

        return jax.lax.scan(step, x, None, length=rounds)[0]

    return f


@hand_written
def recurrence_hand(x, a, b, rounds):
    xs = np.empty(rounds)
    for k in range(rounds):
        xs[k] = x
        x = math.sin(a * x + b)
    g, ga, gb = 1.0, 0.0, 0.0
    for k in range(rounds - 1, -1, -1):
        g *= math.cos(a * xs[k] + b)
        ga += g * xs[k]
        gb += g
        g *= a
    return x, g, ga, gb


# --- Newton's method, until it has converged ----------------------------------------------


def kepler(e, M):
    total = 0.0
    for i in range(len(M)):
        E = M[i]
        step = 1.0
        while abs(step) > 1e-12:
            step = (E - e * math.sin(E) - M[i]) / (1.0 - e * math.cos(E))
            E -= step
        total += E
    return total


def kepler_jax(jax):
    jnp = jax.numpy

    def f(e, M):
        def step(E, _):  # reverse mode needs a fixed number of rounds here
            return E - (E - e * jnp.sin(E) - M) / (1.0 - e * jnp.cos(E)), None

        return jnp.sum(jax.lax.scan(step, M, None, length=8)[0])

    return f


def kepler_array(xp):
    def f(e, M):
        E = M
        for _ in range(8):
            E = E - (E - e * xp.sin(E) - M) / (1.0 - e * xp.cos(E))
        return xp.sum(E)

    return f


@hand_written
def kepler_hand(e, M):
    """Through the rounds, as the primal goes (the implicit function theorem needs none)."""
    total, ge = 0.0, 0.0
    gM = np.empty(len(M))
    Es = np.empty(100)
    for i in range(len(M)):
        E, step, rounds = M[i], 1.0, 0
        while abs(step) > 1e-12:
            Es[rounds] = E
            rounds += 1
            step = (E - e * math.sin(E) - M[i]) / (1.0 - e * math.cos(E))
            E -= step
        total += E
        g, gm = 1.0, 0.0
        for k in range(rounds - 1, -1, -1):
            E = Es[k]
            sin, cos = math.sin(E), math.cos(E)
            below = 1.0 / (1.0 - e * cos)
            step = (E - e * sin - M[i]) * below
            ge += g * (sin - step * cos) * below
            gm += g * below
            g *= step * e * sin * below
        gM[i] = gm + g
    return total, ge, gM


PROBLEMS = [
    Problem("ode", ode, ("x",), ((20, 10), (1000, 10), (10_000, 100)),
            lambda n, s: (random(n).uniform(size=n), s), ode_hand, ode_array, ode_jax),
    Problem("heat", heat, ("start", "alpha"), ((10, 20), (100, 100), (1000, 1000)),
            heat_data, heat_hand, heat_array, heat_jax),
    Problem("nbody", nbody, ("p", "v", "mass"), ((3, 10), (10, 100), (50, 100)),
            nbody_data, nbody_hand, nbody_array, nbody_jax),
    Problem("recurrence", recurrence, ("x", "a", "b"), ((1000,), (30_000,), (1_000_000,)),
            lambda n: (0.5, 0.9, 0.3, n), recurrence_hand, recurrence_array, recurrence_jax),
    Problem("newton", kepler, ("e", "M"), ((1,), (1000,), (100_000,)),
            lambda n: (0.4, random(n).uniform(0.1, 3.0, size=n)), kepler_hand, kepler_array,
            kepler_jax),
]  # fmt: skip
