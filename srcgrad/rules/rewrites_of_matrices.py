"""Rewrites of matrices: the short forms among norms, factorisations and contractions.

In: a call with its canonical name, its arguments bound by the declared signature where there
is one. Out: the expression that it stands for, or None where the call stays as it is.

Invariant: the meaning is NumPy's; what would change it is a ``ValueError`` that says so.
"""

from __future__ import annotations

import ast
from typing import Any, NamedTuple

from .calls import bind, call_of
from .expressions import MISSING, dotted, literal


class Slogdet(NamedTuple):
    """What ``np.linalg.slogdet`` returns."""

    sign: Any
    logabsdet: Any


class Eigh(NamedTuple):
    """What ``np.linalg.eigh`` returns."""

    eigenvalues: Any
    eigenvectors: Any


class QR(NamedTuple):
    """What ``np.linalg.qr`` returns."""

    Q: Any
    R: Any


class SVD(NamedTuple):
    """What ``np.linalg.svd`` returns."""

    U: Any
    S: Any
    Vh: Any


RECORDS = {
    "np.linalg.slogdet": Slogdet,
    "np.linalg.eigh": Eigh,
    "np.linalg.qr": QR,
    "np.linalg.svd": SVD,
}
"""The parts of results by name."""


def record_of(call: ast.Call) -> type[tuple[Any, ...]] | None:
    """The class of what a call returns, if its parts have names."""
    one = any(k.arg in ("mode", "compute_uv") for k in call.keywords)  # one array may be returned
    return None if one else RECORDS.get(dotted(call.func) or "")


def vector_norm(call: ast.Call) -> ast.expr | None:
    """``np.linalg.vector_norm``: of all elements, if no axis is given."""
    given = {str(k.arg): k.value for k in call.keywords}
    order = given.pop("ord", ast.Constant(2))
    if literal(order) != 2:
        if "axis" not in given or literal(given["axis"]) is MISSING:
            raise ValueError("np.linalg.vector_norm: another order needs one axis")
        given["ord"] = order
    return call_of("np.linalg.norm", *call.args, **given)


def matrix_norm(call: ast.Call) -> ast.expr | None:
    """``np.linalg.matrix_norm``: over the last two axes."""
    given = {str(k.arg): k.value for k in call.keywords}
    if literal(given.pop("ord", ast.Constant("fro"))) != "fro":
        raise ValueError("np.linalg.matrix_norm: use np.linalg.norm for another order")
    last = ast.parse("(-2, -1)", mode="eval").body
    return call_of("np.linalg.norm", *call.args, axis=last, **given)


def slogdet(call: ast.Call) -> ast.expr | None:
    """``np.linalg.slogdet`` as the pair of its parts."""
    return _parts(call, "slogdet_sign", "slogdet_log")


def einsum(call: ast.Call) -> ast.expr | None:
    """``np.einsum`` with its output written out, and no word on the order of its products."""
    indices = literal(call.args[0]) if call.args else None
    if not isinstance(indices, str):
        raise ValueError("np.einsum: write the indices as a text, as in 'ij,jk->ik'")
    inputs, arrow, out = indices.replace(" ", "").partition("->")
    if inputs.count(",") != len(call.args) - 2:
        raise ValueError("np.einsum: give as many operands as there are groups of indices")
    if not arrow:
        once = "".join(c for c in sorted(set(inputs) - {*",."}) if inputs.count(c) == 1)
        out = ("..." if "..." in inputs else "") + once
    keywords = [k for k in call.keywords if k.arg != "optimize"]
    return bind(ast.Call(call.func, [ast.Constant(f"{inputs}->{out}"), *call.args[1:]], keywords))


def eigh(call: ast.Call) -> ast.expr | None:
    """``np.linalg.eigh`` as the pair of its parts."""
    return _parts(call, "np.linalg.eigvalsh", "eigh_vectors")


def svd(call: ast.Call) -> ast.expr | None:
    """``np.linalg.svd`` as its parts, or the singular values alone."""
    flags = {str(k.arg): literal(k.value) for k in call.keywords}
    full, vectors = flags.get("full_matrices", True), flags.get("compute_uv", True)
    if not isinstance(full, bool) or not isinstance(vectors, bool):
        raise ValueError("np.linalg.svd: write full_matrices and compute_uv as constants")
    suffix = "_full" if full else ""
    call = call_of("np.linalg.svd", *call.args)
    return (
        _parts(call, f"svd_left{suffix}", "svd_values", f"svd_right{suffix}")
        if vectors
        else call_of("svd_values", *call.args)
    )


def qr(call: ast.Call) -> ast.expr | None:
    """``np.linalg.qr`` as the pair of its parts, or the triangular one alone."""
    mode = literal(call.keywords[0].value) if call.keywords else "reduced"
    if mode not in ("reduced", "r"):
        raise ValueError("np.linalg.qr: only the modes 'reduced' and 'r' are supported")
    call = call_of("np.linalg.qr", *call.args)
    return _parts(call, "qr_q", "qr_r") if mode == "reduced" else call_of("qr_r", *call.args)


def lstsq(call: ast.Call) -> ast.expr | None:
    """``np.linalg.lstsq`` as its four parts."""
    a = call.args[0]
    solution = _parts(call, "lstsq_solution", "lstsq_residuals", "lstsq_rank")
    return ast.Tuple([*solution.elts, call_of("svd_values", a)], ast.Load())


def _parts(call: ast.Call, *names: str) -> ast.Tuple:
    """The results of a call that has several, each as a call of its own."""
    return ast.Tuple([call_of(name, *call.args) for name in names], ast.Load())


def norm(call: ast.Call) -> ast.expr | None:
    """The Frobenius norm is the one without an order, others are sums and maxima."""
    x, keywords = call.args[0], {str(k.arg): k.value for k in call.keywords}
    if "ord" not in keywords:
        return None
    order = ast.unparse(keywords.pop("ord"))
    if not keywords:
        return {"'fro'": call_of("np.linalg.norm", x),
                "'nuc'": call_of("np.sum", call_of("svd_values", x))}.get(order)  # fmt: skip
    if not isinstance(literal(keywords.get("axis", x)), int):
        return None
    size = call_of("np.abs", x)
    return {"2": call_of("np.linalg.norm", x, **keywords),
            "1": call_of("np.sum", size, **keywords),
            "math.inf": call_of("np.max", size, **keywords),
            "-math.inf": call_of("np.min", size, **keywords)}.get(order)  # fmt: skip


def multi_dot(call: ast.Call) -> ast.expr | None:
    """``np.linalg.multi_dot`` of a display as products from left to right."""
    match call.args:
        case [ast.Tuple(elts=[first, second, *rest]) | ast.List(elts=[first, second, *rest])]:
            product = ast.BinOp(first, ast.MatMult(), second)
            for factor in rest:
                product = ast.BinOp(product, ast.MatMult(), factor)
            return product
    raise ValueError("np.linalg.multi_dot: write the matrices as a list, two at least")
