"""Rules for the gates of a network."""

# fmt: off
# Tables read better in lines than one argument a line.

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from .. import gates
from . import support
from .bare_names import support as carried
from .patterns import rule
from .results import floats, fresh, product, promoted, promoted_scalar, reduction, same


def _labels(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Labels for tests, of three classes."""
    return rng.integers(3, size=shape)


def _affine(x: Any, w: Any, b: Any) -> Any:
    found = product(x, w)
    return None if found is None else fresh(promoted(x, w, b), found.ndim)


def _stopped(x: Any) -> Any:
    if isinstance(x, types.Array):
        return same(x)
    return x if isinstance(x, types.Type) else promoted_scalar(x)


def _loss(y: Any, t: Any) -> Any:
    return types.float64


carried({0: gates.sigmoid_scalar, None: gates.sigmoid_any}, "sigmoid", public=gates.sigmoid,
        elementwise=True, result=floats)
carried({0: gates.relu_scalar, None: gates.relu_any}, "relu", public=gates.relu,
        elementwise=True, result=floats)
carried({0: gates.stopped_number, None: gates.stopped_array}, "stop_gradient",
        public=gates.stop_gradient, elementwise=True, derivative=False, result=_stopped)
carried(gates.affine_any, "affine", "x, W, b", public=gates.affine, result=_affine)
carried({1: gates.softmax_vector, 2: gates.softmax_rows, None: gates.softmax_along}, "softmax",
        "x, axis=-1", public=gates.softmax, result=floats)
carried(gates.logsumexp_all, "logsumexp", "x, axis=None, *, keepdims=False", public=gates.logsumexp,
        result=reduction("float"))
carried({1: gates.logsumexp_vector, None: gates.logsumexp_along}, "logsumexp_along", "x, axis",
        result=reduction("float"))
carried({**gates.LOSSES, None: gates.softmax_cross_entropy}, "softmax_cross_entropy", "y, t",
        public=gates.softmax_cross_entropy, result=_loss)
carried({0: support.exp_weight_scalar, None: support.exp_weight}, "exp_weight", elementwise=True,
        result=floats)
carried({0: support.one_hot_vector, None: support.one_hot_rows}, "one_hot", "labels, scores",
        derivative=False, result=lambda labels, scores: floats(scores))

rule("z = sigmoid(x)", "grad_x += grad_z * (1 - z) * z")
rule("z = relu(x)", "grad_x += grad_z if z > 0 else 0.0", when="scalar")
rule("z = relu(x)", "grad_x += np.where(z > 0, grad_z, 0)", when="array")

rule("z = affine(x, W, b)", "grad_x += W @ grad_z", "grad_W += np.outer(x, grad_z)",
     "grad_b += grad_z", signature="(n),(n,m),(m)->(m)")
rule("z = affine(x, W, b)", "grad_x += grad_z @ W.T", "grad_W += x.T @ grad_z",
     "grad_b += np.sum(grad_z, axis=0)", signature="(k,n),(n,m),(m)->(k,m)")

rule("z = softmax(x)", "grad_x += z * (grad_z - np.sum(grad_z * z))", signature="(n)->(n)")
rule("z = softmax(x)", "grad_x += z * (grad_z - np.sum(grad_z * z, axis=-1, keepdims=True))",
     signature="(n,m)->(n,m)")
rule("z = softmax(x, axis=axis)",
     "grad_x += z * (grad_z - np.sum(grad_z * z, axis=axis, keepdims=True))",
     given={"axis": (0,)})

rule("z = exp_weight(x)", "grad_x += grad_z * z")
rule("z = logsumexp(x)", "grad_x += grad_z * exp_weight(x - z)")
rule("z = logsumexp_along(x, axis)",
     "grad_x += np.expand_dims(grad_z, axis) * exp_weight(x - np.expand_dims(z, axis))",
     signature="(n,m)->(n)", given={"axis": (1, -1)})
rule("z = logsumexp_along(x, axis)", "grad_x += grad_z * exp_weight(x - z)",
     signature="(n)->()", given={"axis": (0,)})

rule("z = softmax_cross_entropy(y, t)", "grad_y += grad_z * (softmax(y) - t) / len(y)",
     "grad_t -= grad_z * y / len(y)",
     signature="(k,n),(k,n)->()")
rule("z = softmax_cross_entropy(y, t)", "grad_y += grad_z * (softmax(y) - t)",
     "grad_t -= grad_z * y", signature="(n),(n)->()")
rule("z = softmax_cross_entropy(y, t)",
     "grad_y += grad_z * (softmax(y) - one_hot(t, y)) / len(y)",
     signature="(5,3),(5)->()", domain={"t": _labels})
rule("z = softmax_cross_entropy(y, t)", "grad_y += grad_z * (softmax(y) - one_hot(t, y))",
     signature="(3),()->()", domain={"t": _labels})
