"""Rules for products of vectors and matrices, and for ``np.linalg``."""

# fmt: off
# Tables read better in lines than one argument a line.

from __future__ import annotations

import ast
from typing import Any

import numpy as np
from numba import types

from . import samples, triangular
from . import support as carried
from .bare_names import support
from .declarations import function
from .patterns import rule
from .results import (
    dot,
    floating,
    floats,
    fresh,
    inner,
    is_array,
    of_rank,
    promoted,
    rank,
    reduction,
    same,
)

# Products

function(np.dot, "np.dot", "a, b, out=None", result=dot)
function(np.vdot, "np.vdot", "a, b", result=inner)
function(np.outer, "np.outer", "a, b, out=None", result=of_rank(2, 0, 1))
function(np.inner, "np.inner", "a, b", result=dot)

for _text in ("x @ y", "np.dot(x, y)"):
    rule(f"z = {_text}", "grad_x += grad_z * y", "grad_y += grad_z * x", signature="(n),(n)->()")
    rule(f"z = {_text}", "grad_x += y @ grad_z", "grad_y += np.outer(x, grad_z)",
         signature="(n),(n,m)->(m)")
    _text = _text.replace("x", "A")
    rule(f"z = {_text}", "grad_A += np.outer(grad_z, y)", "grad_y += A.T @ grad_z",
         signature="(n,m),(m)->(n)")
    _text = _text.replace("y", "B")
    rule(f"z = {_text}", "grad_A += grad_z @ B.T", "grad_B += A.T @ grad_z",
         signature="(n,m),(m,k)->(n,k)")

rule("z = np.vdot(x, y)", "grad_x += grad_z * y", "grad_y += grad_z * x", signature="(n),(n)->()")
rule("z = np.vdot(x, y)", "grad_x += grad_z * y", "grad_y += grad_z * x",
     signature="(n,m),(n,m)->()")
for _signature in ("(12),(3,4)->()", "(3,4),(12)->()"):
    rule("z = np.vdot(x, y)", "grad_x += grad_z * np.reshape(y, x.shape)",
         "grad_y += grad_z * np.reshape(x, y.shape)", signature=_signature)

rule("z = np.outer(x, y)", "grad_x += grad_z @ y", "grad_y += x @ grad_z",
     signature="(n),(m)->(n,m)")
rule("z = np.outer(x, y)", "grad_x += np.reshape(grad_z @ np.ravel(y), x.shape)",
     "grad_y += np.reshape(np.ravel(x) @ grad_z, y.shape)")

rule("z = np.inner(x, y)", "grad_x += grad_z * y", "grad_y += grad_z * x", signature="(n),(n)->()")
rule("z = np.inner(x, B)", "grad_x += grad_z @ B", "grad_B += np.outer(grad_z, x)",
     signature="(n),(m,n)->(m)")
rule("z = np.inner(A, y)", "grad_A += np.outer(grad_z, y)", "grad_y += grad_z @ A",
     signature="(m,n),(n)->(m)")
rule("z = np.inner(A, B)", "grad_A += grad_z @ B", "grad_B += grad_z.T @ A",
     signature="(n,k),(m,k)->(n,m)")

# Structure

function(np.diag, "np.diag", "v, k=0", effect="diagonal",
         result=lambda v, k=0: fresh(v.dtype, 3 - v.ndim) if is_array(v) else None)
support(carried.put_diagonal, "put_diagonal", "v, shape, k", result=of_rank(2))
rule("z = np.diag(x)", "grad_x += np.diag(grad_z)", signature="(n)->(n,n)")
rule("z = np.diag(x, k=k)", "grad_x += np.diag(grad_z, k=k)", signature="(n)->(n,n)",
     given={"k": (1, -2)})
rule("z = put_diagonal(v, shape, k)", "grad_v += np.diagonal(grad_z, offset=k)",
     signature="(3)->(4,5)", given={"shape": ((4, 5),), "k": (2, -1)})
for _name, _offset in (("np.diag", "k"), ("np.diagonal", "offset")):
    rule(f"z = {_name}(x)", "grad_x += put_diagonal(grad_z, x.shape, 0)", signature="(n,m)->(n)")
    rule(f"z = {_name}(x, {_offset}=k)", "grad_x += put_diagonal(grad_z, x.shape, k)",
         signature="(n,m)->(n)", given={"k": (1, -1)})
rule("z = np.trace(x, offset=k)",
     "grad_x += grad_z * np.eye(x.shape[0], M=x.shape[1], k=k, dtype=x.dtype)",
     signature="(n,m)->()", given={"k": (1, -2)})
rule("z = np.trace(x)", "grad_x += grad_z * np.eye(x.shape[0], M=x.shape[1], dtype=x.dtype)",
     signature="(n,m)->()")
for _name in ("tril", "triu"):
    function(getattr(np, _name), f"np.{_name}", "m, k=0", result=same)
    rule(f"z = np.{_name}(x)", f"grad_x += np.{_name}(grad_z)", signature="(n,m)->(n,m)")
    rule(f"z = np.{_name}(x, k=k)", f"grad_x += np.{_name}(grad_z, k=k)",
         signature="(n,m)->(n,m)", given={"k": (1, -1)})
_BLOCKS = "np.reshape(grad_z, (A.shape[0], B.shape[0], A.shape[1], B.shape[1]))"
rule("z = np.kron(A, B)",
     f"grad_A += np.sum({_BLOCKS} * np.reshape(B, (1, B.shape[0], 1, B.shape[1])), axis=(1, 3))",
     f"grad_B += np.sum({_BLOCKS} * np.reshape(A, (A.shape[0], 1, A.shape[1], 1)), axis=(0, 2))",
     signature="(n,m),(k,j)->(n,m)")
_ROWS = "np.reshape(grad_z, (x.size, y.size))"
rule("z = np.kron(x, y)", f"grad_x += {_ROWS} @ y", f"grad_y += x @ {_ROWS}",
     signature="(n),(m)->(n)")
rule("z = np.cross(x, y)", "grad_x += np.cross(y, grad_z)", "grad_y += np.cross(grad_z, x)",
     signature="(3),(3)->(3)")

# np.linalg

SQUARE = "(n,n)->(n,n)"


def _regular(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Well-conditioned matrices for tests."""
    return rng.uniform(-1, 1, shape) + 3 * np.eye(shape[0])


def _definite(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Symmetric positive definite matrices for tests."""
    root = rng.uniform(-1, 1, shape)
    return root @ root.T + 2 * np.eye(shape[0])


def _of_matrices(a: Any) -> Any:
    """A number for each matrix."""
    return fresh(floating(a), max(rank(a) - 2, 0))


support(triangular.cholesky_pull, "cholesky_pull", "L, g", result=same)
support(triangular.is_triangular, "is_triangular", "A, lower", derivative=False,
        result=lambda A, lower: types.boolean)
for _solve in (triangular.solve_vector, triangular.solve_matrix):
    support(_solve, _solve.__name__, "A, b", result=lambda A, b: same(b), derivative=False)
for _by_parts in (triangular.substitute_vector, triangular.substitute_matrix):
    support(_by_parts, _by_parts.__name__, "A, b, lower", result=lambda A, b, lower: same(b),
            derivative=False)
function(np.linalg.inv, "np.linalg.inv", "a", result=floats)
function(np.linalg.solve, "np.linalg.solve", "a, b",
         result=lambda a, b: fresh(promoted(a, b), max(rank(a) if rank(a) > 2 else 0, rank(b))))
function(np.linalg.det, "np.linalg.det", "a", result=_of_matrices)
function(np.linalg.cholesky, "np.linalg.cholesky", "a, /, *, upper=False", result=floats,
         refuse="upper")
function(np.linalg.matrix_rank, "np.linalg.matrix_rank", "A, tol=None, hermitian=False, *, "
         "rtol=None", refuse="hermitian rtol", derivative=False, result=lambda A: types.intp)
function(np.linalg.norm, "np.linalg.norm", "x, ord=None, axis=None, keepdims=False",
         result=reduction("float"))

rule("z = np.linalg.inv(A)", "grad_A -= z.T @ grad_z @ z.T", signature=SQUARE,
     domain={"A": _regular})
rule("z = np.linalg.solve(A, b)", "grad_A -= np.outer(np.linalg.solve(A.T, grad_z), z)",
     "grad_b += np.linalg.solve(A.T, grad_z)", signature="(n,n),(n)->(n)", domain={"A": _regular})
rule("z = np.linalg.solve(A, B)", "grad_A -= np.linalg.solve(A.T, grad_z) @ z.T",
     "grad_B += np.linalg.solve(A.T, grad_z)", signature="(n,n),(n,m)->(n,m)",
     domain={"A": _regular})
rule("z = np.linalg.det(A)", "grad_A += grad_z * z * np.linalg.inv(A).T", signature="(n,n)->()",
     domain={"A": _regular})
function(np.linalg.slogdet, "np.linalg.slogdet", "a")
support(carried.slogdet_sign, "slogdet_sign", "A", derivative=False,
        result=_of_matrices)
support(carried.slogdet_log, "slogdet_log", "A", result=_of_matrices)
rule("z = slogdet_log(A)", "grad_A += grad_z * np.linalg.inv(A).T", signature="(n,n)->()",
     domain={"A": _regular})
rule("z = np.linalg.cholesky(A)", "grad_A += cholesky_pull(z, grad_z)", signature=SQUARE,
     domain={"A": _definite})
for _call, _dims in (("x", None), ("x, ord=2", "(n)->()")):
    rule(f"z = np.linalg.norm({_call})", "grad_x += x * (grad_z / z if z != 0 else 0.0)",
         signature=_dims)
rule("z = np.linalg.norm(x, ord=1)", "grad_x += grad_z * np.sign(x)", signature="(n)->()")
for _from in ("(n,m)", "(n,m,k)", "(n,m,k,j)"):
    rule("z = np.linalg.norm(x, axis=axis)",
         "grad_x += x * np.expand_dims(np.where(z != 0, grad_z / z, 0), axis)",
         signature=f"{_from}->(n)", when=lambda given: not isinstance(given["axis"], ast.Tuple),
         given={"axis": (0, 1, -1)})
    rule("z = np.linalg.norm(x, axis=axis, keepdims=True)",
         "grad_x += x * np.where(z != 0, grad_z / z, 0)",
         signature=f"{_from}->(n,m)", when=lambda given: not isinstance(given["axis"], ast.Tuple),
         given={"axis": (0, 1, -1)})

# Matrices of samples: rows are variables

function(np.cov, "np.cov", "m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, "
         "aweights=None, *, dtype=None", refuse="y rowvar bias ddof fweights aweights dtype",
         result=lambda m: fresh(float, 2))
function(np.corrcoef, "np.corrcoef", "x, y=None, rowvar=True, *, dtype=None",
         refuse="y rowvar dtype", result=lambda x: fresh(float, 2))
function(np.vander, "np.vander", "x, N=None, increasing=False", refuse="increasing",
         result=lambda x, N=None: fresh(float, 2))
support(samples.cov_pull, "cov_pull", "x, g", result=same)
support(samples.corrcoef_pull, "corrcoef_pull", "x, g", result=same)
support(samples.vander_pull, "vander_pull", "x, g", result=same)
rule("z = np.cov(x)", "grad_x += cov_pull(x, grad_z)", signature="(3,4)->(3,3)")
rule("z = np.corrcoef(x)", "grad_x += corrcoef_pull(x, grad_z)", signature="(3,4)->(3,3)")
rule("z = np.vander(x)", "grad_x += vander_pull(x, grad_z)", signature="(n)->(n,n)")
rule("z = np.vander(x, N=N)", "grad_x += vander_pull(x, grad_z)", signature="(n)->(n,3)",
     given={"N": (3, 1)})
