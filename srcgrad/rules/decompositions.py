"""Rules for matrix factorisations, powers, norms, and what is solved with them."""

# fmt: off
# Tables read better in lines than one argument a line.

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import numpy as np
from numba import types
from numba.np.numpy_support import from_dtype

from . import factorisations as parts
from .bare_names import support
from .declarations import function
from .expressions import literal
from .linalg import _regular
from .patterns import rule
from .results import floating, floats, fresh, of_rank, rank


def _symmetric(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Symmetric matrices with distinct eigenvalues for tests."""
    root = rng.uniform(-1, 1, shape)
    return root + root.T + np.diag(3 * np.arange(shape[0]))


def _tall(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Matrices of full rank with distinct singular values for tests."""
    scale = 2 * np.arange(1, shape[1] + 1)
    return rng.uniform(-0.5, 0.5, shape) + np.eye(shape[0], shape[1]) * scale


def _vector(x: Any, *_: Any, **__: Any) -> Any:
    """A vector, of the operand's floating-point dtype, for each matrix."""
    return fresh(floating(x), max(rank(x) - 1, 1))


# Eigenvalues of symmetric matrices, of which NumPy reads the lower triangle only.

function(np.linalg.eigh, "np.linalg.eigh", "a, UPLO='L'", refuse="UPLO")
function(np.linalg.eigvalsh, "np.linalg.eigvalsh", "a, UPLO='L'", refuse="UPLO", result=_vector)
support(parts.eigh_vectors, "eigh_vectors", "A", result=floats)
support(parts.eigh_values_pull, "eigh_values_pull", "A, g", result=of_rank(2))
support(parts.eigh_vectors_pull, "eigh_vectors_pull", "A, g", result=of_rank(2))
rule("z = np.linalg.eigvalsh(A)", "grad_A += eigh_values_pull(A, grad_z)", signature="(n,n)->(n)",
     domain={"A": _symmetric})
rule("z = eigh_vectors(A)", "grad_A += eigh_vectors_pull(A, grad_z)", signature="(n,n)->(n,n)",
     domain={"A": _symmetric})

# Singular values

function(np.linalg.svd, "np.linalg.svd", "a, full_matrices=True, compute_uv=True, hermitian=False",
         refuse="hermitian")
support(parts.svd_values, "svd_values", "A", public=np.linalg.svdvals, result=_vector)
support(parts.svd_values_pull, "svd_values_pull", "A, g", result=of_rank(2))
rule("z = svd_values(A)", "grad_A += svd_values_pull(A, grad_z)", domain={"A": _tall},
     signature="(n,m)->(m)")
_SHAPES = {
    "svd_left": ("(4,3)->(4,3)", "(3,3)->(3,3)", "(3,4)->(3,3)"),
    "svd_right": ("(4,3)->(3,3)", "(3,3)->(3,3)", "(3,4)->(3,4)"),
    "svd_left_full": ("(3,3)->(3,3)", "(3,4)->(3,3)"),
    "svd_right_full": ("(3,3)->(3,3)", "(4,3)->(3,3)"),
}
for _side in ("svd_left", "svd_right"):
    support(getattr(parts, f"{_side}_pull"), f"{_side}_pull", "A, g", result=of_rank(2))
    for _name in (_side, f"{_side}_full"):
        support(getattr(parts, _name), _name, "A", result=of_rank(2))
        for _signature in _SHAPES[_name]:
            rule(f"z = {_name}(A)", f"grad_A += {_side}_pull(A, grad_z)", domain={"A": _tall},
                 signature=_signature)

# QR

function(np.linalg.qr, "np.linalg.qr", "a, mode='reduced'")
support(parts.qr_q, "qr_q", "A", result=of_rank(2))
support(parts.qr_r, "qr_r", "A", result=of_rank(2))
support(parts.qr_pull, "qr_pull", "A, gq, gr", result=of_rank(2))
for _signature in ("(n,n)->(n,n)", "(4,2)->(4,2)", "(2,4)->(2,4)"):
    rule("z = qr_q(A)", "grad_A += qr_pull(A, grad_z, "
         "np.zeros((z.shape[1], A.shape[1]), dtype=A.dtype))", signature=_signature,
         domain={"A": _tall})
    rule("z = qr_r(A)", "grad_A += qr_pull(A, "
         "np.zeros((A.shape[0], z.shape[0]), dtype=A.dtype), grad_z)", signature=_signature,
         domain={"A": _tall})

# Solutions. Right where the rank of the matrix is full (or does not change).

function(np.linalg.pinv, "np.linalg.pinv",
         "a, rcond=None, hermitian=False, *, rtol=None", refuse="rcond hermitian rtol",
         result=floats)
for _signature in ("(4,3)->(3,4)", "(n,n)->(n,n)", "(2,3)->(3,2)"):
    rule("z = np.linalg.pinv(A)",
         "grad_A += grad_z.T @ z @ z.T - A @ (z @ (grad_z.T @ z @ z.T))"
         " + z.T @ z @ grad_z.T - (z.T @ z @ grad_z.T @ z) @ A - z.T @ grad_z @ z.T",
         signature=_signature, domain={"A": _tall})
function(np.linalg.lstsq, "np.linalg.lstsq", "a, b, rcond=None", refuse="rcond")
support(parts.lstsq_solution, "lstsq_solution", "A, b",
        result=lambda A, b: fresh(floating(A), rank(b)))
support(parts.lstsq_residuals, "lstsq_residuals", "A, b", result=_vector)
support(parts.lstsq_rank, "lstsq_rank", "A, b", derivative=False, result=lambda A, b: types.intc)
support(parts.residuals_pull, "residuals_pull", "A, b, x, g",
        result=lambda A, b, x, g: fresh(floating(A), rank(b)))
support(parts.lstsq_pull, "lstsq_pull", "A, b, x, g", result=of_rank(2))
rule("z = lstsq_solution(A, b)",
     "grad_A += lstsq_pull(A, np.reshape(b, (b.size, 1)), np.reshape(z, (z.size, 1)), "
     "np.reshape(grad_z, (z.size, 1)))",
     "grad_b += grad_z @ np.linalg.pinv(A)", signature="(4,3),(4)->(3)", domain={"A": _tall})
for _signature in ("(4,3),(4,2)->(3,2)", "(3,4),(3,2)->(4,2)"):
    rule("z = lstsq_solution(A, B)", "grad_A += lstsq_pull(A, B, z, grad_z)",
         "grad_B += np.linalg.pinv(A).T @ grad_z", signature=_signature, domain={"A": _tall})
for _b, _signature, _outer in (("b", "(4,3),(4)->(1)", "np.outer({}, {})"),
                               ("B", "(4,3),(4,2)->(2)", "{} @ {}.T")):
    _x = f"lstsq_solution(A, {_b})"
    _pull = f"residuals_pull(A, {_b}, {_x}, grad_z)"
    rule(f"z = lstsq_residuals(A, {_b})", f"grad_A -= {_outer.format(_pull, _x)}",
         f"grad_{_b} += {_pull}", signature=_signature, domain={"A": _tall})

# Powers

function(np.linalg.matrix_power, "np.linalg.matrix_power", "a, n", result=floats)
function(np.linalg.multi_dot, "np.linalg.multi_dot", "arrays, *, out=None")
support(parts.matrix_power_pull, "matrix_power_pull", "A, n, g", result=of_rank(2))
rule("z = np.linalg.matrix_power(A, n)", "grad_A += matrix_power_pull(A, n, grad_z)",
     signature="(n,n)->(n,n)", domain={"A": _regular}, given={"n": (3, 2, 1, 0, -1, -2)})

# Norms that need more than a sum of squares (see linalg), and the condition number


def _number(given: Mapping[str, ast.expr]) -> bool:
    """Whether the order of a norm is written as a number other than 0."""
    order = literal(given["p"])
    return isinstance(order, int | float) and order != 0


support(parts.spectral_slope, "spectral_slope", "A", result=of_rank(2))
support(parts.cond_slope, "cond_slope", "A", result=of_rank(2))
rule("z = np.linalg.norm(x, ord=math.inf)",
     "grad_x += np.sign(x) * put_at(np.argmax(np.abs(x)), grad_z, x.shape)",
     signature="(n)->()")
rule("z = np.linalg.norm(x, ord=-math.inf)",
     "grad_x += np.sign(x) * put_at(np.argmin(np.abs(x)), grad_z, x.shape)",
     signature="(n)->()")
rule("z = np.linalg.norm(x, ord=p)",
     "grad_x += np.sign(x) * np.abs(x) ** (p - 1) * (grad_z / z ** (p - 1) if z != 0 else 0.0)",
     signature="(n)->()", when=_number, given={"p": (3, 1.5, 4)})
rule("z = np.linalg.norm(A, ord=1)",
     "grad_A += np.sign(A) * put_at(np.argmax(np.sum(np.abs(A), axis=0)), grad_z, (A.shape[1],))",
     signature="(n,m)->()")
rule("z = np.linalg.norm(A, ord=math.inf)",
     "grad_A += np.sign(A) * np.expand_dims("
     "put_at(np.argmax(np.sum(np.abs(A), axis=1)), grad_z, (A.shape[0],)), 1)",
     signature="(n,m)->()")
rule("z = np.linalg.norm(A, ord=2)", "grad_A += grad_z * spectral_slope(A)",
     signature="(n,m)->()", domain={"A": _tall})
function(np.linalg.cond, "np.linalg.cond", "x, p=None", refuse="p",
         result=lambda x: from_dtype(floating(x)))
rule("z = np.linalg.cond(A)", "grad_A += grad_z * cond_slope(A)", signature="(n,m)->()",
     domain={"A": _tall})
