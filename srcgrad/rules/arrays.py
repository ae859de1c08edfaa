"""Rules for NumPy functions that make, reduce, reshape and join arrays."""

# fmt: off
# Tables read better in lines than one argument a line.

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import numpy as np
from numba import types

from . import support as carried
from .bare_names import support
from .declarations import alias, function
from .expressions import MISSING, literal
from .patterns import Rank, Rule, family, make_rule, rule
from .results import (
    allocation,
    arange,
    eye,
    fresh,
    full,
    is_array,
    like,
    linspace,
    nested,
    promoted,
    rank,
    ravel,
    reduction,
    reshape,
    same,
    shape_rank,
    transpose,
)

POSITIVE = (0.3, 3.0)
AXES = (0, -1)
TUPLES = ((0, 1),)
_AXIS = "a, axis=None"
_REDUCTION = f"{_AXIS}, dtype=None, out=None, keepdims=False, initial=None, where=True"
_EXTREMUM = f"{_AXIS}, out=None, keepdims=False, initial=None, where=True"


def _one_axis(given: Mapping[str, ast.expr]) -> bool:
    return not isinstance(given["axis"], ast.Tuple)


def _shaped(value: Any, shape: Any) -> Any:
    """An array of a value's dtype and of this shape."""
    return fresh(value.dtype if is_array(value) else promoted(value), shape_rank(shape))


# Support functions

support(carried.zeros_for_each, "zeros_for_each", "arrays", derivative=False,
        result=lambda arrays: types.List(arrays.dtype.copy(layout="C")))
support(carried.unbroadcast, "unbroadcast", "g, shape",
        result=lambda g, shape: _shaped(g, shape))
for _stretch in (carried.stretch, carried.stretch_vector, carried.stretch_matrix):
    support(_stretch, _stretch.__name__, "x, shape",
            result=lambda x, shape: x.copy(layout="C" if x.layout == "C" else "A"))
support(carried.put_at, "put_at", "index, value, shape",
        result=lambda index, value, shape: _shaped(value, shape))
support(carried.put_along, "put_along", "index, value, shape, axis",
        result=lambda index, value, shape, axis: _shaped(value, shape))
support(carried.take_along, "take_along", "index, x, shape, axis",
        result=lambda index, x, shape, axis: _shaped(x, shape))
support(carried.product_of_others, "product_of_others", result=same)
support(carried.product_of_others_along, "product_of_others_along", "x, axis", result=same)
support(carried.reverse_cumsum, "reverse_cumsum", "g", result=same)
support(carried.add_at, "add_at", "index, value, shape",
        result=lambda index, value, shape: _shaped(value, shape))
for _along in (carried.max_along, carried.min_along, carried.prod_along):
    support(_along, _along.__name__, "x, axis", result=lambda x, axis: fresh(x.dtype, 1))
rule("z = reverse_cumsum(g)", "grad_g += np.cumsum(grad_z)", signature="(n)->(n)")

# Making arrays

for _name in ("zeros", "ones", "empty"):
    function(getattr(np, _name), f"np.{_name}", "shape, dtype=float, order='C', *, device=None, "
             "like=None", result=allocation, derivative=False)
    function(getattr(np, f"{_name}_like"), f"np.{_name}_like", "prototype, dtype=None, order='K', "
             "subok=True, shape=None, *, device=None", result=like, derivative=False,
             refuse="shape")
function(np.full, "np.full", "shape, fill_value, dtype=None, order='C', *, device=None, like=None",
         result=full)
function(np.full_like, "np.full_like", "a, fill_value, dtype=None, order='K', subok=True, "
         "shape=None, *, device=None", result=like, refuse="shape")
function(np.arange, "np.arange", "*bounds, start=None, stop=None, step=None, dtype=None, "
         "device=None, like=None", result=arange)
alias(np.ndarray, "np.empty")
function(np.linspace, "np.linspace", "start, stop, num=50, endpoint=True, retstep=False, "
         "dtype=None, axis=0, *, device=None", result=linspace,
         refuse="endpoint retstep dtype axis")
function(np.eye, "np.eye", "N, M=None, k=0, dtype=float, order='C', *, device=None, like=None",
         result=eye, derivative=False)
function(np.identity, "np.identity", "n, dtype=float, *, like=None", derivative=False,
         result=lambda n, dtype=float: eye(n, dtype=dtype))
function(np.array, "np.array", "object, dtype=None, *, copy=True, order='K', "
         "subok=False, ndmin=0, like=None", result=nested)
function(np.asarray, "np.asarray", "a, dtype=None, order=None, *, device=None, copy=None, "
         "like=None", result=nested, effect="view")
function(np.copy, "np.copy", "a, order='K', subok=False", result=like)
function(np.astype, "np.astype", "x, dtype, /, *, copy=True, device=None",
         result=lambda x, dtype: like(x, dtype=dtype))
function(np.ascontiguousarray, "np.ascontiguousarray", "a, dtype=None, *, like=None",
         result=lambda a: fresh(a.dtype, a.ndim), effect="contiguous",
         refuse="dtype")

rule("z = np.full(shape, v)", "grad_v += np.sum(grad_z)", given={"shape": (3, (2, 3))})
rule("z = np.full(shape, v, dtype=dtype)", "grad_v += np.sum(grad_z)",
     given={"shape": (3, (2, 3)), "dtype": (np.float64,)})
rule("z = np.full_like(x, v)", "grad_v += np.sum(grad_z)")
rule("z = np.arange(stop)", given={"stop": (4,)})
rule("z = np.arange(start, stop)", "grad_start += np.sum(grad_z)", given={"stop": (7.3,)})
rule("z = np.arange(start, stop, step)", "grad_start += np.sum(grad_z)",
     "grad_step += np.sum(grad_z * np.arange(z.size))", given={"stop": (7.3,)},
     domain=(0.8, 0.9))
rule("z = np.linspace(a, b, num=n)",
     "grad_a += np.sum(grad_z * (1 - np.arange(z.size) / max(z.size - 1, 1)))",
     "grad_b += np.sum(grad_z * (np.arange(z.size) / max(z.size - 1, 1)))",
     given={"n": (5,)})
rule("z = np.linspace(a, b)", "grad_a += np.sum(grad_z * (1 - np.arange(50) / 49))",
     "grad_b += np.sum(grad_z * (np.arange(50) / 49))")
for _name in ("np.copy", "np.asarray", "np.ascontiguousarray", "np.array"):
    rule(f"z = {_name}(x)", "grad_x += grad_z", when="array")
rule("z = np.array(x, dtype=dtype)", "grad_x += grad_z", when="array",
     given={"dtype": (np.float64,)})
rule("z = np.astype(x, dtype)", "grad_x += np.astype(grad_z, np.float64)",
     given={"dtype": (np.float64,)})


def _displayed(call: ast.Call, rank: Rank) -> Rule | None:
    """``np.array([[a, b], [c, d]])``: each element gets its entry of the gradient."""
    pattern, pulls = _display(call.args[0], ())
    if not pulls:
        return None
    dtype = ", dtype=dtype" if call.keywords else ""
    return make_rule(f"z = np.array({pattern}{dtype})", *pulls)


def _display(expr: ast.expr, index: tuple[int, ...]) -> tuple[str, list[str]]:
    """The pattern of a display and its pulls; constants are patterns of themselves."""
    if isinstance(expr, ast.List | ast.Tuple):
        parts = [_display(e, (*index, k)) for k, e in enumerate(expr.elts)]
        inside = ", ".join(text for text, _ in parts)
        comma = "," if isinstance(expr, ast.Tuple) and len(parts) == 1 else ""
        text = f"[{inside}]" if isinstance(expr, ast.List) else f"({inside}{comma})"
        return text, [pull for _, pulls in parts for pull in pulls]
    if literal(expr) is not MISSING:
        return ast.unparse(expr), []
    name = "x" + "_".join(map(str, index))
    subscript = ", ".join(map(str, index))
    return name, [f"grad_{name} += grad_z[{subscript}]"] if index else []


family("np.array", _displayed)

# Reductions

for _name, _kind in (("sum", "sum"), ("prod", "sum"), ("mean", "float")):
    function(getattr(np, _name), f"np.{_name}", _REDUCTION, result=reduction(_kind),
             accept="where" if _name == "mean" else "where initial")
for _name in ("max", "min"):
    function((getattr(np, _name), getattr(np, f"a{_name}")), f"np.{_name}", _EXTREMUM,
             result=reduction("same"), accept="where initial")
for _name in ("argmax", "argmin"):
    function(getattr(np, _name), f"np.{_name}", "a, axis=None, out=None, *, keepdims=False",
             result=reduction("index"), derivative=False)
for _name in ("any", "all"):
    function(getattr(np, _name), f"np.{_name}", "a, axis=None, out=None, keepdims=False, *, "
             "where=True", result=reduction("bool"), derivative=False)
function(np.count_nonzero, "np.count_nonzero", "a, axis=None, *, keepdims=False",
         result=reduction("index"), derivative=False)

rule("z = np.sum(x)", "grad_x += grad_z", spread=True)
for _from, _shape in (("(5)", (1,)), ("(3,4)", (1, 4)), ("(2,3,4)", (1, 3, 1))):
    rule("z = unbroadcast(x, shape)", "grad_x += grad_z", spread=True,
         signature=f"{_from}->{_shape}", given={"shape": (_shape,)})
for _values, _shape in (("(6)", (4,)), ("(6,3)", (4, 3)), ("(6,3,2)", (4, 3, 2))):
    rule("z = add_at(i, x, shape)", "grad_x += grad_z[i]", signature=f"(6),{_values}->{_shape}",
         given={"shape": (_shape,)}, domain={"i": lambda rng, shape: rng.integers(4, size=shape)})
rule("z = put_at(i, v, shape)", "grad_v += np.ravel(grad_z)[i]", signature="(),()->(2,3)",
     given={"i": (4,), "shape": ((2, 3),)})
for _values in ("(3)", "(3,1)"):
    rule("z = put_along(i, v, shape, axis)", "grad_v += take_along(i, grad_z, v.shape, axis)",
         signature=f"(3),{_values}->(3,3)", given={"shape": ((3, 3),), "axis": (0, 1, -1)},
         domain={"i": lambda rng, shape: rng.integers(3, size=shape)})
    rule("z = take_along(i, x, shape, axis)", "grad_x += put_along(i, grad_z, x.shape, axis)",
         signature=f"(3),(3,3)->{_values}", given={"shape": ((3,), (3, 1)), "axis": (0, 1, -1)},
         domain={"i": lambda rng, shape: rng.integers(3, size=shape)})
for _values, _axes in (("(2,2)", (0, 1, 2, -1)), ("(2,1,2)", (1, -2))):
    rule("z = put_along(i, v, shape, axis)", "grad_v += take_along(i, grad_z, v.shape, axis)",
         signature=f"(2,2),{_values}->(2,2,2)", given={"shape": ((2, 2, 2),), "axis": _axes},
         domain={"i": lambda rng, shape: rng.integers(2, size=shape)})
    _taken = ((2, 2), (2, 1, 2))[len(_axes) == 2]
    rule("z = take_along(i, x, shape, axis)", "grad_x += put_along(i, grad_z, x.shape, axis)",
         signature=f"(2,2),(2,2,2)->{_values}", given={"shape": (_taken,), "axis": _axes},
         domain={"i": lambda rng, shape: rng.integers(2, size=shape)})
rule("z = np.sum(x, axis=axis)", "grad_x += np.expand_dims(grad_z, axis)", spread=True,
     given={"axis": AXES + TUPLES})
rule("z = np.sum(x, axis=axis)", "grad_x += grad_z", spread=True, signature="(n)->()",
     given={"axis": AXES})
rule("z = np.mean(x)", "grad_x += grad_z / x.size", spread=True)
rule("z = np.mean(x, axis=axis)", "grad_x += np.expand_dims(grad_z, axis) / x.shape[axis]",
     spread=True, when=_one_axis, given={"axis": AXES})
rule("z = np.mean(x, axis=axis)", "grad_x += np.expand_dims(grad_z, axis) * z.size / x.size",
     spread=True, given={"axis": TUPLES})
for _axis in ("", "axis=axis, "):
    rule(f"z = np.sum(x, {_axis}keepdims=True)", "grad_x += grad_z", spread=True,
         given={"axis": AXES + TUPLES})
    rule(f"z = np.mean(x, {_axis}keepdims=True)", "grad_x += grad_z * z.size / x.size", spread=True,
         given={"axis": AXES + TUPLES})

rule("z = np.prod(x)", "grad_x += grad_z * product_of_others(x)")
rule("z = np.prod(x, axis=axis)",
     "grad_x += np.expand_dims(grad_z, axis) * product_of_others_along(x, axis)",
     when=_one_axis, given={"axis": AXES})
rule("z = np.prod(x, axis=axis, keepdims=True)",
     "grad_x += grad_z * product_of_others_along(x, axis)", when=_one_axis,
     given={"axis": AXES})

for _name in ("max", "min"):
    _first = f"np.arg{_name}"
    rule(f"z = np.{_name}(x)", f"grad_x += put_at({_first}(x), grad_z, x.shape)")
    for _keep in ("", ", keepdims=True"):
        rule(f"z = np.{_name}(x, axis=axis{_keep})",
             f"grad_x += put_along({_first}(x, axis=axis), grad_z, x.shape, axis)",
             when=_one_axis, given={"axis": AXES})

# Views and shapes

function(np.reshape, "np.reshape", "a, shape, order='C', *, copy=None", result=reshape,
         effect="either", accept="order")
function(np.ravel, "np.ravel", "a, order='C'", result=ravel, effect="contiguous",
         accept="order")
function((np.transpose, np.permute_dims), "np.transpose", "a, axes=None", result=transpose,
         effect="view")
function(np.expand_dims, "np.expand_dims", "a, axis", effect="view",
         result=lambda a, axis: fresh(a.dtype if is_array(a) else a, rank(a) + shape_rank(axis)))

rule("z = np.reshape(x, shape)", "grad_x += np.reshape(grad_z, x.shape)", signature="(3,4)->(12)",
     given={"shape": (-1, (4, 3), (2, 6))})
rule("z = np.reshape(x, shape)", "grad_x += np.reshape(grad_z, x.shape)",
     given={"shape": (-1,)})
rule("z = np.ravel(x)", "grad_x += np.reshape(grad_z, x.shape)")
rule("z = np.transpose(x)", "grad_x += np.transpose(grad_z)")
for _from, _orders in (("(n)", ((0,),)), ("(n,m)", ((1, 0),)),
                       ("(n,m,k)", ((2, 0, 1), (1, 0, 2))), ("(n,m,k,j)", ((2, 0, 3, 1),)),
                       ("(n,m,k,j,b)", ((4, 2, 0, 3, 1),))):
    rule("z = np.transpose(x, axes=axes)", "grad_x += np.transpose(grad_z, axes=np.argsort(axes))",
         signature=f"{_from}->(n)", given={"axes": _orders})
rule("z = np.expand_dims(x, axis)", "grad_x += np.reshape(grad_z, x.shape)",
     given={"axis": (0, -1)})

# Order

function(np.argsort, "np.argsort", "a, axis=-1, kind=None, order=None, *, stable=None",
         result=lambda a, **_: fresh(np.intp, a.ndim) if is_array(a) else None, derivative=False)
