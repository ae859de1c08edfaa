"""Canonical calls: one form for each operation, and a clear refusal of what has none."""

from __future__ import annotations

import ast

import pytest

from srcgrad.rules import registry


def canonical(text: str) -> str:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    root = call.func
    while isinstance(root, ast.Attribute):
        root = root.value
    if isinstance(call.func, ast.Attribute) and not (
        isinstance(root, ast.Name) and root.id in ("np", "math")
    ):
        found = registry.canonical_method(call)
        return "None" if found is None else ast.unparse(found)
    return ast.unparse(registry.canonical_call(call))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("np.sum(x)", "np.sum(x)"),
        ("np.sum(a=x, axis=None)", "np.sum(x)"),
        ("np.sum(x, 0)", "np.sum(x, axis=0)"),
        ("np.sum(x, 0, None, None, True)", "np.sum(x, axis=0, keepdims=True)"),
        ("np.sum(x, keepdims=False)", "np.sum(x)"),
        ("np.zeros((2, 3), float)", "np.zeros((2, 3))"),
        ("np.zeros(3, dtype=np.float64)", "np.zeros(3)"),
        ("np.zeros(3, np.float32)", "np.zeros(3, dtype=np.float32)"),
        ("np.add(x, y)", "x + y"),
        ("np.matmul(x, y)", "x @ y"),
        ("np.negative(x)", "-x"),
        ("np.greater(x, y)", "x > y"),
        ("pow(x, 3)", "x ** 3"),
        ("max(a, b, c)", "max(max(a, b), c)"),
        ("min((a, b))", "min(a, b)"),
        ("sum([a, b, c])", "a + b + c"),
        ("sum((a, b), 1.5)", "1.5 + a + b"),
        ("math.log(x, 2)", "math.log(x) / math.log(2)"),
        ("math.hypot(a, b, c)", "math.hypot(math.hypot(a, b), c)"),
        ("np.clip(x, 0, None)", "np.maximum(x, 0)"),
        ("np.shape(x)", "x.shape"),
        ("logsumexp(x, axis=1)", "logsumexp_along(x, 1)"),
        ("x.sum(axis=0)", "np.sum(x, axis=0)"),
        ("x.mean()", "np.mean(x)"),
        ("x.reshape(2, 3)", "np.reshape(x, (2, 3))"),
        ("x.reshape((2, 3))", "np.reshape(x, (2, 3))"),
        ("x.reshape(-1)", "np.reshape(x, -1)"),
        ("x.transpose(1, 0)", "np.transpose(x, axes=(1, 0))"),
        ("x.flatten()", "np.copy(np.ravel(x))"),
        ("x.copy()", "np.copy(x)"),
        ("x.dot(y)", "np.dot(x, y)"),
        ("x.frobnicate()", "None"),
    ],
)
def test_canonical_form(text: str, expected: str) -> None:
    assert canonical(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("np.sum(x, out=y)", "'out' is not supported"),
        ("np.cumsum(x, dtype=np.float32)", "'dtype' is not supported"),
        ("np.exp(x, y)", "'out' is not supported"),
        ("np.add(x, y, out=z)", "'out' is not supported"),
        ("np.sum()", "'a' is missing"),
        ("np.sum(x, axes=0)", "no argument 'axes'"),
        ("np.sum(x, a=y)", "'a' is given twice"),
        ("np.dot(x)", "'b' is missing"),
        ("np.outer(x, y, z, w)", "takes 3 arguments"),
        ("np.exp(*x)", "without a star"),
        ("np.nonesuch(x)", "not known"),
        ("max(x, key=f)", "'key' is not supported"),
    ],
)
def test_refusal(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        canonical(text)
