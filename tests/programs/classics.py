"""Functions of the kind that other projects test themselves with, and textbook losses."""

import math

import numpy as np

from programs.case import sample, signed, straight_line, structured


@straight_line(1.2, -0.7, compiled=True)
def rosenbrock(x, y):
    return (1.0 - x) ** 2 + 100.0 * (y - x * x) ** 2


@straight_line(signed(5))
def rosenbrock_of_vector(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


@structured(signed(5), compiled=True)
def rosenbrock_by_loop(x):
    total = 0.0
    for i in range(len(x) - 1):
        total += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return total


@structured(signed(5))
def speelpenning(x):
    y = 1.0
    for v in x:
        y *= v
    return y


@straight_line(sample(4, low=0.05, high=0.1), sample(4, 4), sample(4, seed=1))
def helmholtz_energy(x, A, b):
    bx = b @ x
    quotient = (x @ A @ x) / (math.sqrt(8.0) * bx)
    logs = np.log((1.0 + (1.0 + math.sqrt(2.0)) * bx) / (1.0 + (1.0 - math.sqrt(2.0)) * bx))
    return np.sum(x * np.log(x / (1.0 - bx))) - quotient * logs


@straight_line(0.7, 1.9)
def himmelblau(x, y):
    return (x**2 + y - 11.0) ** 2 + (x + y**2 - 7.0) ** 2


@straight_line(0.7, 1.9)
def beale(x, y):
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


@straight_line(0.7, 1.9)
def ackley(x, y):
    a = -20.0 * math.exp(-0.2 * math.sqrt(0.5 * (x * x + y * y)))
    b = math.exp(0.5 * (math.cos(2 * math.pi * x) + math.cos(2 * math.pi * y)))
    return a - b + math.e + 20.0


@structured(signed(5))
def rastrigin(x):
    n = len(x)
    total = 10.0 * n
    for i in range(n):
        total += x[i] ** 2 - 10.0 * math.cos(2.0 * math.pi * x[i])
    return total


@straight_line(2.0, 5.0, compiled=True)
def griewank_book_example(x1, x2):
    return math.log(x1) + x1 * x2 - math.sin(x2)


@structured(0.7, 3)
def nested_sines(x, n):
    y = x
    for _ in range(n):
        y = math.sin(y) + x * math.cos(y)
    return y


@straight_line(0.3, 1.4, -0.2)
def gaussian(x, mu, log_sigma):
    sigma = math.exp(log_sigma)
    z = (x - mu) / sigma
    return -0.5 * z * z - log_sigma - 0.5 * math.log(2 * math.pi)


@straight_line(sample(6), signed(3), signed(3, seed=1), signed(3, seed=2))
def mixture_log_likelihood(x, logits, mu, log_sigma):
    logw = logits - np.log(np.sum(np.exp(logits)))
    z = (x[:, None] - mu) / np.exp(log_sigma)
    logp = logw - log_sigma - 0.5 * z**2
    top = np.max(logp, axis=1, keepdims=True)
    return np.sum(np.log(np.sum(np.exp(logp - top), axis=1)) + top[:, 0])


@structured(sample(6), signed(3), signed(3, seed=1), signed(3, seed=2))
def mixture_by_loops(x, logits, mu, log_sigma):
    total = 0.0
    for i in range(len(x)):
        s = 0.0
        for k in range(3):
            z = (x[i] - mu[k]) / math.exp(log_sigma[k])
            s += math.exp(logits[k] - log_sigma[k] - 0.5 * z * z)
        total += math.log(s)
    return total


@structured(signed(6, 2), signed(3, 2))
def kmeans_objective(points, centres):
    total = 0.0
    for i in range(6):
        best = 1e30
        for k in range(3):
            d = 0.0
            for j in range(2):
                d += (points[i, j] - centres[k, j]) ** 2
            if d < best:
                best = d
        total += best
    return total


@straight_line(signed(6, 2), signed(3, 2))
def kmeans_in_numpy(points, centres):
    d = np.sum((points[:, None, :] - centres[None, :, :]) ** 2, axis=2)
    return np.sum(np.min(d, axis=1))


@structured(signed(5, 3), signed(3), np.array([1, -1, 1, 1, -1]), 0.1, compiled=True)
def hinge_loss(X, w, t, lam):
    total = 0.0
    for i in range(5):
        margin = 1.0 - t[i] * np.dot(X[i], w)
        if margin > 0:
            total += margin
    return total / 5 + lam * np.sum(w * w)


@straight_line(signed(4, 5), np.array([0, 2, 4, 1]))
def multiclass_hinge(scores, labels):
    correct = scores[np.arange(4), labels]
    margins = np.maximum(0.0, scores - correct[:, None] + 1.0)
    return np.sum(margins) / 4 - 1.0


@straight_line(signed(2, 3), signed(2), signed(3), 0.7, 0.01)
def hidden_layer(W, v, x, y, lam):
    h = 1.0 / (1.0 + np.exp(-(W @ x)))
    return (v @ h - y) ** 2 + lam * (np.sum(W * W) + v @ v)


@straight_line(signed(3), signed(3, seed=1))
def cosine_similarity(a, b):
    return (a @ b) / (np.linalg.norm(a) * np.linalg.norm(b))


@structured(signed(4, 3), signed(2), signed(3, seed=3))
def rodrigues_projection(points, image, r):
    theta = math.sqrt(r[0] ** 2 + r[1] ** 2 + r[2] ** 2)
    k = r / theta
    total = 0.0
    for i in range(4):
        p = points[i]
        cross = np.array([
            k[1] * p[2] - k[2] * p[1], k[2] * p[0] - k[0] * p[2], k[0] * p[1] - k[1] * p[0]
        ])  # fmt: skip
        q = p * math.cos(theta) + cross * math.sin(theta) + k * (k @ p) * (1 - math.cos(theta))
        z = q[2] + 5.0
        total += (q[0] / z - image[0]) ** 2 + (q[1] / z - image[1]) ** 2
    return total


@structured(0.8, 0.3)
def bessel_series(x, nu):
    term = math.exp(nu * math.log(x / 2))
    total = term
    k = 1
    while abs(term) > 1e-15 * abs(total):
        term *= -(x * x / 4.0) / (k * (k + nu))
        total += term
        k += 1
    return total


@structured(1.7)
def bisection_like(x):
    low, high = 0.0, x
    for _ in range(6):
        mid = 0.5 * (low + high)
        if mid * mid < x:
            low = mid
        else:
            high = mid
    return low + (high - low) * x


@structured(signed(4), 0.4)
def horner(c, x):
    y = 0.0
    for i in range(len(c) - 1, -1, -1):
        y = y * x + c[i]
    return y


@structured(signed(4), signed(4, seed=1), 0.4)
def clenshaw(a, b, x):
    y1, y2 = 0.0, 0.0
    for k in range(3, 0, -1):
        y1, y2 = a[k] + 2.0 * x * y1 - y2, y1
    return (a[0] + x * y1 - y2) * b[0] + b[1] * y2


@structured(signed(6), sample(3))
def convolution(x, w):
    out = np.zeros(4)
    for i in range(4):
        for k in range(3):
            out[i] += x[i + k] * w[k]
    return np.sum(np.maximum(out, 0.0) ** 2)


@structured(signed(5, 5), signed(2, 2))
def convolution_in_two_dimensions(image, kernel):
    out = np.zeros((4, 4))
    for i in range(4):
        for j in range(4):
            out[i, j] = np.sum(image[i : i + 2, j : j + 2] * kernel)
    return np.sum(out * out)


@structured(sample(4, 4) + 4 * np.eye(4), sample(4))
def gaussian_elimination(A, b):
    n = len(b)
    for k in range(n):
        for i in range(k + 1, n):
            f = A[i, k] / A[k, k]
            A[i, k:] -= f * A[k, k:]
            b[i] -= f * b[k]
    x = np.zeros(n)
    for i in range(n - 1, -1, -1):
        s = b[i]
        for j in range(i + 1, n):
            s -= A[i, j] * x[j]
        x[i] = s / A[i, i]
    return np.sum(x * x)


@structured(sample(4), sample(4, seed=1) + 3.0, sample(4, seed=2), sample(4, seed=3))
def thomas_algorithm(a, b, c, d):
    for i in range(1, 4):
        w = a[i] / b[i - 1]
        b[i] = b[i] - w * c[i - 1]
        d[i] = d[i] - w * d[i - 1]
    x = np.empty(4)
    x[3] = d[3] / b[3]
    for i in range(2, -1, -1):
        x[i] = (d[i] - c[i] * x[i + 1]) / b[i]
    return np.sum(x * x)


@structured(sample(3, 3) @ sample(3, 3).T + np.eye(3), compiled=True)
def cholesky(A):
    n = A.shape[0]
    L = np.zeros((n, n))
    for j in range(n):
        s = A[j, j]
        for k in range(j):
            s -= L[j, k] * L[j, k]
        L[j, j] = math.sqrt(s)
        for i in range(j + 1, n):
            s = A[i, j]
            for k in range(j):
                s -= L[i, k] * L[j, k]
            L[i, j] = s / L[j, j]
    return np.sum(L * L * L)


@structured(sample(3, 3) + 3 * np.eye(3))
def lu_in_place(A):
    n = A.shape[0]
    for k in range(n):
        for i in range(k + 1, n):
            A[i, k] /= A[k, k]
            for j in range(k + 1, n):
                A[i, j] -= A[i, k] * A[k, j]
    logdet = 0.0
    for k in range(n):
        logdet += math.log(A[k, k])
    return logdet


@structured(sample(4, 3))
def gram_schmidt(V):
    Q = V.copy()
    for j in range(3):
        for k in range(j):
            r = np.sum(Q[:, k] * Q[:, j])
            Q[:, j] -= r * Q[:, k]
        Q[:, j] /= np.sqrt(np.sum(Q[:, j] ** 2))
    return np.sum(Q * Q * Q)


@structured(1.3, 40.0)
def black_scholes_like(sigma, s):
    k, r, t = 38.0, 0.02, 0.5
    d1 = (math.log(s / k) + (r + 0.5 * sigma**2) * t) / (sigma * math.sqrt(t))
    d2 = d1 - sigma * math.sqrt(t)
    cdf = lambda z: 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))
    return s * cdf(d1) - k * math.exp(-r * t) * cdf(d2)


@structured(0.3, 100.0, 5)
def binomial_option(sigma, s, n):
    dt = 1.0 / n
    u = math.exp(sigma * math.sqrt(dt))
    p = (math.exp(0.03 * dt) - 1 / u) / (u - 1 / u)
    values = np.zeros(n + 1)
    for i in range(n + 1):
        values[i] = max(s * u ** (2 * i - n) - 95.0, 0.0)
    for step in range(n, 0, -1):
        for i in range(step):
            values[i] = math.exp(-0.03 * dt) * (p * values[i + 1] + (1 - p) * values[i])
    return values[0]


@structured(sample(5), 0.7)
def exponential_smoothing(x, alpha):
    level = x[0]
    error = 0.0
    for t in range(1, 5):
        error += (x[t] - level) ** 2
        level = alpha * x[t] + (1.0 - alpha) * level
    return error


@structured(sample(3), sample(3, 3), sample(3, 2), np.array([0, 1, 1, 0, 1]))
def hidden_markov_forward(start, transition, emission, observed):
    alpha = start * emission[:, observed[0]]
    loglik = 0.0
    for t in range(1, 5):
        s = np.sum(alpha)
        loglik += np.log(s)
        alpha = (alpha / s) @ transition * emission[:, observed[t]]
    return loglik + np.log(np.sum(alpha))


@structured(sample(5), sample(5, seed=1), 0.3, 0.5)
def kalman_filter(z, u, q, r):
    x, p = 0.0, 1.0
    nll = 0.0
    for t in range(5):
        x = x + 0.1 * u[t]
        p = p + q
        s = p + r
        e = z[t] - x
        nll += 0.5 * (math.log(s) + e * e / s)
        k = p / s
        x = x + k * e
        p = (1.0 - k) * p
    return nll


@structured(signed(3, 4), signed(3, 4, seed=1), signed(3, 4, seed=2))
def attention(Q, K, V):
    S = Q @ K.T / 2.0
    E = np.exp(S - np.max(S, axis=1, keepdims=True))
    A = E / np.sum(E, axis=1, keepdims=True)
    return np.sum((A @ V) ** 2)


@structured(signed(5, 4), signed(4), signed(4, seed=1))
def batch_normalisation(X, gamma, beta):
    mu = np.mean(X, axis=0)
    xc = X - mu
    var = np.mean(xc * xc, axis=0)
    Y = gamma * xc / np.sqrt(var + 1e-5) + beta
    return np.sum(Y * Y * Y)


@structured(signed(6), signed(6, seed=1))
def total_variation(u, f):
    s = 0.0
    for i in range(5):
        s += math.sqrt((u[i + 1] - u[i]) ** 2 + 0.01)
    return s + 0.5 * np.sum((u - f) ** 2)


@structured(sample(4, 4))
def minimal_surface(z):
    area = 0.0
    for i in range(3):
        for j in range(3):
            a = z[i + 1, j + 1] - z[i, j]
            b = z[i + 1, j] - z[i, j + 1]
            area += math.sqrt(1.0 + 4.5 * (a * a + b * b))
    return area / 9.0


@structured(signed(4, 2))
def lennard_jones(r):
    energy = 0.0
    for i in range(4):
        for j in range(i):
            d = r[i] - r[j]
            s = 1.0 / (d @ d + 0.5)
            s3 = s * s * s
            energy += 4.0 * (s3 * s3 - s3)
    return energy


@structured(sample(6))
def logsumexp_streaming(x):
    top, total = x[0], 1.0
    for i in range(1, 6):
        if x[i] > top:
            total = total * math.exp(top - x[i]) + 1.0
            top = x[i]
        else:
            total += math.exp(x[i] - top)
    return top + math.log(total)


@structured(sample(4), sample(4, seed=1))
def edit_distance_soft(a, b):
    D = np.zeros((5, 5))
    for i in range(1, 5):
        D[i, 0] = float(i)
        D[0, i] = float(i)
    for i in range(1, 5):
        for j in range(1, 5):
            cost = (a[i - 1] - b[j - 1]) ** 2
            D[i, j] = min(D[i - 1, j] + 1.0, D[i, j - 1] + 1.0, D[i - 1, j - 1] + cost)
    return D[4, 4]


@structured(signed(8))
def fast_fourier_like_butterflies(x):
    span = 1
    while span < 8:
        for start in range(0, 8, 2 * span):
            for k in range(start, start + span):
                a, b = x[k], x[k + span] * math.cos(k)
                x[k] = a + b
                x[k + span] = a - b
        span *= 2
    return x[0] * x[3] + x[5] ** 2


@structured(sample(3), 0.2)
def romberg(c, h):
    def f(t):
        return c[0] + c[1] * t + c[2] * math.sin(t)

    T = np.zeros((3, 3))
    for i in range(3):
        n = 2**i
        s = 0.5 * (f(0.0) + f(h))
        for k in range(1, n):
            s += f(h * k / n)
        T[i, 0] = s * h / n
        for j in range(1, i + 1):
            T[i, j] = (4.0**j * T[i, j - 1] - T[i - 1, j - 1]) / (4.0**j - 1.0)
    return T[2, 2]
