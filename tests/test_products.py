"""Products of matrices and vectors as loops, whatever the order of the matrix's memory."""

import numpy as np
import pytest
from oracles import check_gradient

from srcgrad import grad


def rows(A, x):
    return np.sum((A @ x) ** 2)


def columns(A, x):
    return np.sum((x @ A) ** 2)


def transposed(A, x):
    return np.sum((A.T @ x) ** 2) + np.sum((x @ A.T) ** 2)


def computed(A, x):
    return np.sum(((A * 2.0) @ (x + 1.0)) ** 3)


def own_target(A, x):
    x = A @ x
    x = x @ A
    return np.sum(x * x)


def repeated(A, x):
    h = x.copy()
    for _ in range(3):
        h = np.tanh(A @ h)
    return np.sum(h)


def strided(A, x):
    return np.sum((A[:, ::2] @ x[::2]) ** 2) + np.sum((A.T[::2] @ x) ** 2)


@pytest.mark.parametrize("f", [rows, columns, transposed, computed, own_target, repeated, strided])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("size", [1, 3])
def test_square(f, order, size):
    random = np.random.default_rng(size)
    check_gradient(
        f, np.array(random.normal(size=(size, size)), order=order), random.normal(size=size)
    )


def test_oblong_and_empty():
    random = np.random.default_rng(0)
    for n, m in ((3, 4), (0, 2), (2, 0)):
        A = random.normal(size=(n, m))
        check_gradient(rows, np.asfortranarray(A), random.normal(size=m))
        check_gradient(columns, A, random.normal(size=n))
    wide = random.normal(size=(6, 8))[::2, ::2]
    check_gradient(rows, wide, random.normal(size=4))


def test_no_call_for_a_vector_and_no_temporary_for_an_outer_product():
    text = grad(rows).source(np.ones((3, 4)), np.ones(4), level="loops")
    assert "np.dot" not in text and "stretch" not in text


def layers(X, W, V):
    return np.sum(np.tanh(X @ W) @ V.T)


def test_a_product_of_matrices_is_written_into_memory_made_for_it():
    random = np.random.default_rng(1)
    for n, m, k in ((3, 4, 2), (3, 0, 2), (0, 4, 2), (1, 1, 1)):
        args = random.normal(size=(n, m)), random.normal(size=(m, k)), random.normal(size=(5, k))
        text = grad(layers).source(*args, level="loops")
        assert text.count("\n    np.dot(") == text.count("np.dot(") >= 4
        check_gradient(layers, *args)
        check_gradient(layers, np.asfortranarray(args[0]), *args[1:])
    single = [a.astype(np.float32) for a in args]
    assert all(g.dtype == np.float32 for g in grad(layers)(*single))
    with pytest.raises(ValueError, match=r"do not fit|incompatible"):
        grad(layers)(random.normal(size=(3, 4)), random.normal(size=(3, 4)), args[2])


def power_of_product(A):
    for _ in range(3):
        A = A @ A
    return np.sum(A)


def test_a_product_that_takes_its_operand_s_name():
    check_gradient(power_of_product, np.random.default_rng(2).normal(size=(3, 3)))
