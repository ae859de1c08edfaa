"""What the forward sweep keeps: seen in the listings, and in the memory that a call takes."""

import math
import re
import tracemalloc

import numpy as np
import pytest
from oracles import check_gradient, complex_step, run_text

from srcgrad import grad


def dot(x, y):
    total = 0.0
    for i in range(len(x)):
        total += x[i] * y[i]
    return total


def recurrence(x, n):
    h = 0.1
    for _ in range(n):
        t = h * x
        u = math.sin(t)
        h = u * 0.9 + 0.01
    return h


def row_losses(X, w):
    total = 0.0
    for i in range(X.shape[0]):
        z = 0.0
        for j in range(X.shape[1]):
            z += X[i, j] * w[j]
        total += math.log(1.0 + math.exp(-z))
    return total


def halving(x):
    while x > 1.0:
        x = x * 0.5 * math.cos(0.1 * x)
    return x


def forward(text: str) -> str:
    """The part before the backward sweep."""
    return text.split("# Backward pass")[0]


def loops(text: str) -> int:
    return len(re.findall(r"^\s*(?:for|while) ", text, re.MULTILINE))


VECTORS = (np.linspace(0.1, 1.0, 5), np.linspace(1.0, 2.0, 5))


def test_a_dot_product_records_nothing() -> None:
    text = grad(dot).source(*VECTORS)
    assert "append" not in text
    assert not re.search(r"np\.empty|np\.zeros\(", forward(text))


def stores_in_forward_loop(text: str) -> list[str]:
    return re.findall(r"^\s+\w+\[.*\] = .*$|^\s+\w+\.append\(.*\)$", forward(text), re.MULTILINE)


def test_a_recurrence_records_its_state_only() -> None:
    text = grad(recurrence, wrt="x").source(0.7, 10)
    assert len(stores_in_forward_loop(text)) == 1, text
    assert "append" not in text, "the trip count is known at entry"


def test_a_body_local_temporary_is_replayed() -> None:
    text = grad(recurrence, wrt="x").source(0.7, 10)
    backward = text.split("# Backward pass")[1]
    assert "t = h * x" in backward, text


def test_recorded_values_say_why() -> None:
    text = grad(recurrence, wrt="x").source(0.7, 10)
    lines = text.splitlines()
    (store,) = stores_in_forward_loop(text)
    at = lines.index(store.strip("\n"))
    assert "#" in lines[at] or lines[at - 1].strip().startswith("#"), text


def test_unknown_trip_counts_use_a_list() -> None:
    text = grad(halving).source(5.0)
    assert "append" in text
    assert run_text(text)(5.0) == pytest.approx(grad(halving)(5.0), rel=1e-12)


def test_memory_of_a_recurrence_is_one_float_a_round() -> None:
    """The tape of n rounds: 8 n bytes, and little else."""
    n = 200_000
    slope = grad(recurrence, wrt="x")
    listing = run_text(slope.source(0.7, n))
    tracemalloc.start()
    listing(0.7, n)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * n * 1.2 + 100_000


def test_fused_gradient_is_right() -> None:
    X, w = np.random.default_rng(0).normal(size=(6, 3)), np.array([0.3, -0.2, 0.5])
    got = run_text(grad(row_losses, wrt="w").source(X, w))(X, w)
    z = X @ w
    np.testing.assert_allclose(got, -X.T @ (1 / (1 + np.exp(z))), rtol=1e-12)


def squared_through_an_alias(x, n):
    for _ in range(n):
        t = x
        x = t * t
        x[0] *= 2.0
    return np.sum(x)


def test_an_alias_of_what_is_rebound():
    """The alias is rebuilt after its source is put back, not before."""
    check_gradient(squared_through_an_alias, np.array([1.0, 1.1]), 3)


def filled_anew(x):
    a = x.copy()
    for _ in range(3):
        b = np.zeros(len(x))
        for j in range(len(x)):
            b[j] = a[j] * x[j - 1]
        a = b
    return np.sum(a)


def filled_by_its_own_elements(x):
    a = x.copy()
    for _ in range(3):
        b = np.ones(len(x))
        for j in range(len(x)):
            b[j] = a[j] * x[j - 1] * b[j - 1]
        b[0] = 0.5 * b[1]
        a = b
    return np.sum(a)


def test_what_an_array_held_before_anything_read_it_is_not_recorded() -> None:
    text = forward(grad(filled_anew).source(VECTORS[0]))
    assert "b[j]  # recorded" not in text
    check_gradient(filled_anew, VECTORS[0])
    text = forward(grad(filled_by_its_own_elements).source(VECTORS[0]))
    assert "b[j]  # recorded" in text
    check_gradient(filled_by_its_own_elements, VECTORS[0])


def kepler(e, M):
    E = M
    for _ in range(20):
        E = E - (E - e * math.sin(E) - M) / (1.0 - e * math.cos(E))
    return E


def test_what_the_reversal_computes_anyway_is_not_recorded():
    listing = grad(kepler).source()
    assert set(re.findall(r"tape_\w+", listing)) == {"tape_E"}
    assert "s0 = math.sin(E)" in listing.split("# Backward pass")[1]
    check_gradient(kepler, 0.4, 0.7)


def scaled(x, z):
    total = 1.0
    for i in range(len(z)):
        total = total * 0.5 + math.log(x) * math.sin(z[i]) * total
    return total


def growing(x, z):
    total = 1.0
    for i in range(len(z)):
        total = total * 0.5 + math.log(x) * math.sin(z[i]) * total
        x = x + 0.1 * z[i]
    return total


def test_what_is_the_same_in_all_rounds_is_not_recorded():
    z = np.array([0.4, -0.3, 1.2])
    for f, recorded in ((scaled, False), (growing, True)):
        text = grad(f).source(2.0, z)
        root = re.search(r"(\w+) = math\.log\(x\)", text).group(1)
        assert (f"tape_{root}[" in text) is recorded
        check_gradient(f, 2.0, z)


def distances(x):
    total = 0.0
    for i in range(len(x)):
        for j in range(len(x)):
            r = math.sqrt((x[i] - x[j]) ** 2 + 0.1)
            total = total * 0.5 + math.exp(-r) / r
    return total


def test_roots_are_computed_again_and_exponentials_recorded():
    """A root costs no more than a division, and less than an element of a large tape."""
    x = np.array([0.5, -0.25, 0.75])
    check_gradient(distances, x, oracle=complex_step, rtol=1e-10)
    text = grad(distances).source(x)
    assert not [line for line in text.splitlines() if "tape" in line and "sqrt" in line]
    taped = {line.split(" = ")[1].split()[0] for line in text.splitlines() if "# recorded" in line}
    roots = {line.split(" = ")[0].strip() for line in text.splitlines() if "= math.sqrt(" in line}
    powers = {line.split(" = ")[0].strip() for line in text.splitlines() if "= math.exp(" in line}
    assert roots and not roots & taped
    assert powers & taped
