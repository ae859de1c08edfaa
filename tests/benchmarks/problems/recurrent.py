"""Recurrent networks: GradBench's LSTM, and a plain one in loops and in NumPy."""

import math

import numpy as np

from .. import vector_math
from ..problem import Problem, hand_written, random

# --- LSTM ---------------------------------------------------------------------------------


def sigmoid(x):
    return 1.0 / (1.0 + math.exp(-x))


def lstm(main_params, extra_params, state, sequence):
    steps, b = sequence.shape
    layers = main_params.shape[0] // 2
    state = state.copy()
    u = np.zeros(b)
    total = 0.0
    for t in range(steps - 1):
        for j in range(b):
            u[j] = sequence[t, j] * extra_params[0, j]
        for i in range(layers):
            w, bias = main_params[2 * i], main_params[2 * i + 1]
            for j in range(b):
                hidden = state[2 * i, j]
                forget = sigmoid(u[j] * w[j] + bias[j])
                ingate = sigmoid(hidden * w[b + j] + bias[b + j])
                outgate = sigmoid(u[j] * w[2 * b + j] + bias[2 * b + j])
                change = math.tanh(hidden * w[3 * b + j] + bias[3 * b + j])
                state[2 * i + 1, j] = state[2 * i + 1, j] * forget + ingate * change
                state[2 * i, j] = outgate * math.tanh(state[2 * i + 1, j])
                u[j] = state[2 * i, j]
        norm = 2.0
        for j in range(b):
            norm += math.exp(u[j] * extra_params[1, j] + extra_params[2, j])
        for j in range(b):
            y = u[j] * extra_params[1, j] + extra_params[2, j]
            total += sequence[t + 1, j] * (y - math.log(norm))
    return -total / ((steps - 1) * b)


def lstm_step(xp, main_params, extra_params, state, x, target):
    """One step in array form: the new state, and what it adds to the loss."""
    b = len(x)
    new = []
    u = x * extra_params[0]
    for i in range(main_params.shape[0] // 2):
        w, bias = main_params[2 * i].reshape(4, b), main_params[2 * i + 1].reshape(4, b)
        hidden, cell = state[2 * i], state[2 * i + 1]
        forget = 1.0 / (1.0 + xp.exp(-(u * w[0] + bias[0])))
        ingate = 1.0 / (1.0 + xp.exp(-(hidden * w[1] + bias[1])))
        outgate = 1.0 / (1.0 + xp.exp(-(u * w[2] + bias[2])))
        cell = cell * forget + ingate * xp.tanh(hidden * w[3] + bias[3])
        u = outgate * xp.tanh(cell)
        new += [u, cell]
    y = u * extra_params[1] + extra_params[2]
    return new, xp.sum(target * (y - xp.log(2.0 + xp.sum(xp.exp(y)))))


def lstm_array(xp):
    def f(main_params, extra_params, state, sequence):
        total = 0.0
        for t in range(len(sequence) - 1):
            state, gain = lstm_step(
                xp, main_params, extra_params, state, sequence[t], sequence[t + 1]
            )
            total = total + gain
        return -total / ((len(sequence) - 1) * sequence.shape[1])

    return f


def lstm_jax(jax):
    def f(main_params, extra_params, state, sequence):
        def step(state, pair):
            return lstm_step(jax.numpy, main_params, extra_params, state, *pair)

        _, gains = jax.lax.scan(step, list(state), (sequence[:-1], sequence[1:]))
        return -jax.numpy.sum(gains) / ((len(sequence) - 1) * sequence.shape[1])

    return f


@hand_written
def lstm_hand(main_params, extra_params, state, sequence):
    steps, b = sequence.shape
    layers = main_params.shape[0] // 2
    kept = np.empty((steps - 1, layers, 6 * b))
    out = np.empty((steps - 1, b))
    slope = np.empty((steps - 1, b))
    first = state
    state = state.copy()
    u = np.empty(b)
    total = 0.0
    scale = -1.0 / ((steps - 1) * b)
    for t in range(steps - 1):
        for j in range(b):
            u[j] = sequence[t, j] * extra_params[0, j]
        for i in range(layers):
            w, bias = main_params[2 * i], main_params[2 * i + 1]
            for j in range(b):
                kept[t, i, j] = u[j] * w[j] + bias[j]
                kept[t, i, b + j] = state[2 * i, j] * w[b + j] + bias[b + j]
                kept[t, i, 2 * b + j] = u[j] * w[2 * b + j] + bias[2 * b + j]
                kept[t, i, 3 * b + j] = state[2 * i, j] * w[3 * b + j] + bias[3 * b + j]
            for j in range(3 * b):
                kept[t, i, j] = vector_math.sigmoid(kept[t, i, j])
            for j in range(3 * b, 4 * b):
                kept[t, i, j] = vector_math.tanh(kept[t, i, j])
            for j in range(b):
                cell = state[2 * i + 1, j]
                kept[t, i, 4 * b + j] = cell
                cell = cell * kept[t, i, j] + kept[t, i, b + j] * kept[t, i, 3 * b + j]
                kept[t, i, 5 * b + j] = state[2 * i + 1, j] = cell
            for j in range(5 * b, 6 * b):
                kept[t, i, j] = vector_math.tanh(kept[t, i, j])
            for j in range(b):
                u[j] = state[2 * i, j] = kept[t, i, 2 * b + j] * kept[t, i, 5 * b + j]
        norm, weight = 2.0, 0.0
        for j in range(b):
            out[t, j] = u[j]
            y = u[j] * extra_params[1, j] + extra_params[2, j]
            slope[t, j] = vector_math.exp(y)
            norm += slope[t, j]
            weight += sequence[t + 1, j]
            total += sequence[t + 1, j] * y
        total -= weight * math.log(norm)
        for j in range(b):
            slope[t, j] = scale * (sequence[t + 1, j] - weight * slope[t, j] / norm)
    gm = np.zeros_like(main_params)
    ge = np.zeros_like(extra_params)
    gs = np.zeros_like(state)
    gu = np.empty(b)
    for t in range(steps - 2, -1, -1):
        for j in range(b):
            ge[1, j] += slope[t, j] * out[t, j]
            ge[2, j] += slope[t, j]
            gu[j] = slope[t, j] * extra_params[1, j]
        for i in range(layers - 1, -1, -1):
            for j in range(b):
                forget, ingate = kept[t, i, j], kept[t, i, b + j]
                outgate, change = kept[t, i, 2 * b + j], kept[t, i, 3 * b + j]
                cell, tanh = kept[t, i, 4 * b + j], kept[t, i, 5 * b + j]
                if i > 0:
                    before = kept[t, i - 1, 2 * b + j] * kept[t, i - 1, 5 * b + j]
                else:
                    before = sequence[t, j] * extra_params[0, j]
                hidden = first[2 * i, j]
                if t > 0:
                    hidden = kept[t - 1, i, 2 * b + j] * kept[t - 1, i, 5 * b + j]
                g = gu[j] + gs[2 * i, j]
                gc = gs[2 * i + 1, j] + g * outgate * (1.0 - tanh * tanh)
                g2 = g * tanh * outgate * (1.0 - outgate)
                g0 = gc * cell * forget * (1.0 - forget)
                g1 = gc * change * ingate * (1.0 - ingate)
                g3 = gc * ingate * (1.0 - change * change)
                gm[2 * i, j] += g0 * before
                gm[2 * i + 1, j] += g0
                gm[2 * i, b + j] += g1 * hidden
                gm[2 * i + 1, b + j] += g1
                gm[2 * i, 2 * b + j] += g2 * before
                gm[2 * i + 1, 2 * b + j] += g2
                gm[2 * i, 3 * b + j] += g3 * hidden
                gm[2 * i + 1, 3 * b + j] += g3
                gs[2 * i + 1, j] = gc * forget
                w1, w3 = main_params[2 * i, b + j], main_params[2 * i, 3 * b + j]
                gs[2 * i, j] = g1 * w1 + g3 * w3
                gu[j] = g0 * main_params[2 * i, j] + g2 * main_params[2 * i, 2 * b + j]
        for j in range(b):
            ge[0, j] += gu[j] * sequence[t, j]
    return scale * total, gm, ge


def lstm_data(layers, steps):
    source = random(layers, steps)
    return (
        source.uniform(-1.0, 1.0, size=(2 * layers, 56)),
        source.uniform(-1.0, 1.0, size=(3, 14)),
        source.uniform(-1.0, 1.0, size=(2 * layers, 14)),
        source.integers(2, size=(steps, 14)).astype(float),
    )


# --- A plain recurrent network ------------------------------------------------------------


def rnn_loops(W, U, b, v, X, y):
    n = len(b)
    h = np.zeros(n)
    new = np.zeros(n)
    loss = 0.0
    for t in range(X.shape[0]):
        for i in range(n):
            s = b[i]
            for j in range(X.shape[1]):
                s += W[i, j] * X[t, j]
            for j in range(n):
                s += U[i, j] * h[j]
            new[i] = math.tanh(s)
        h, new = new, h
        p = 0.0
        for i in range(n):
            p += v[i] * h[i]
        loss += (p - y[t]) ** 2
    return loss


def rnn_numpy(W, U, b, v, X, y):
    h = np.zeros(len(b))
    loss = 0.0
    for t in range(len(y)):
        h = np.tanh(W @ X[t] + U @ h + b)
        loss += (v @ h - y[t]) ** 2
    return loss


def rnn_array(xp):
    def f(W, U, b, v, X, y):
        h = np.zeros(len(b))
        loss = 0.0
        for t in range(len(y)):
            h = xp.tanh(W @ X[t] + U @ h + b)
            loss = loss + (v @ h - y[t]) ** 2
        return loss

    return f


def rnn_jax(jax):
    def f(W, U, b, v, X, y):
        def step(h, pair):
            h = jax.numpy.tanh(pair[0] + U @ h + b)
            return h, (v @ h - pair[1]) ** 2

        return jax.numpy.sum(jax.lax.scan(step, jax.numpy.zeros(len(b)), (X @ W.T, y))[1])

    return f


@hand_written
def rnn_hand(W, U, b, v, X, y):
    steps, inputs = X.shape
    n = len(b)
    h = np.zeros((steps + 1, n))
    slope = np.empty(steps)
    loss = 0.0
    for t in range(steps):
        p = 0.0
        for i in range(n):
            s = b[i]
            for j in range(inputs):
                s += W[i, j] * X[t, j]
            for j in range(n):
                s += U[i, j] * h[t, j]
            h[t + 1, i] = s
        for i in range(n):
            h[t + 1, i] = vector_math.tanh(h[t + 1, i])
            p += v[i] * h[t + 1, i]
        slope[t] = 2.0 * (p - y[t])
        loss += (p - y[t]) ** 2
    gW, gU, gb, gv = np.zeros_like(W), np.zeros_like(U), np.zeros(n), np.zeros(n)
    gh, before = np.zeros(n), np.zeros(n)
    for t in range(steps - 1, -1, -1):
        for j in range(n):
            before[j] = 0.0
        for i in range(n):
            gv[i] += slope[t] * h[t + 1, i]
            g = (gh[i] + slope[t] * v[i]) * (1.0 - h[t + 1, i] * h[t + 1, i])
            gb[i] += g
            for j in range(inputs):
                gW[i, j] += g * X[t, j]
            for j in range(n):
                gU[i, j] += g * h[t, j]
                before[j] += g * U[i, j]
        gh, before = before, gh
    return loss, gW, gU, gb, gv


def rnn_data(steps, n):
    source = random(steps, n)
    return (
        source.normal(size=(n, n)) / n,
        source.normal(size=(n, n)) / n,
        source.normal(size=n),
        source.normal(size=n),
        source.normal(size=(steps, n)),
        source.normal(size=steps),
    )


WEIGHTS = ("W", "U", "b", "v")
STEPS = ((10, 4), (100, 16), (1000, 32))
PROBLEMS = [
    Problem("lstm", lstm, ("main_params", "extra_params"), ((2, 16), (2, 1024), (4, 4096)),
            lstm_data, lstm_hand, lstm_array, lstm_jax),
    Problem("rnn_loops", rnn_loops, WEIGHTS, STEPS, rnn_data, rnn_hand, rnn_array, rnn_jax),
    Problem("rnn_numpy", rnn_numpy, WEIGHTS, STEPS, rnn_data, rnn_hand, rnn_array, rnn_jax),
]  # fmt: skip
