"""Rules for NumPy functions that scan, join, repeat, rearrange and select."""

# fmt: off
# Tables read better in lines than one argument a line.

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from . import selections, signals
from . import support as carried
from .bare_names import support
from .declarations import function
from .expressions import MISSING, literal
from .joins import LEAST, joined_type
from .patterns import Rank, Rule, family, make_rule, rule
from .results import (
    floating,
    fresh,
    is_array,
    nested,
    of_rank,
    promoted,
    promoted_scalar,
    rank,
    reduction,
    same,
    shape_rank,
)


def _scan(a: Any, axis: Any = None) -> Any:
    return fresh(a.dtype, 1 if axis is None else a.ndim) if is_array(a) else None


def _joined(extra: int) -> Any:
    """The result of joining a display of arrays, of so many dimensions more."""

    def result(arrays: Any, axis: Any = 0) -> Any:
        if axis is None:
            return fresh(joined_type(1)(arrays).dtype, 1)
        if not isinstance(arrays, tuple | list) or not all(map(is_array, arrays)):
            return None
        return fresh(promoted(*arrays), arrays[0].ndim + extra, *arrays)

    return result


# Scans and differences

for _name in ("cumsum", "cumprod"):
    function(getattr(np, _name), f"np.{_name}", "a, axis=None, dtype=None, out=None",
             refuse="dtype", result=_scan)
function(np.diff, "np.diff", "a, n=1, axis=-1, prepend=None, append=None", result=same,
         refuse="prepend append")
support(carried.undiff, "undiff", "g, shape",
        result=lambda g, shape: fresh(g.dtype, shape_rank(shape)))
support(carried.cumprod_pull, "cumprod_pull", "g, x", result=same)
rule("z = np.cumsum(x)", "grad_x += np.reshape(reverse_cumsum(grad_z), x.shape)")
rule("z = np.cumsum(x, axis=axis)",
     "grad_x += np.flip(np.cumsum(np.flip(grad_z, axis=axis), axis=axis), axis=axis)",
     given={"axis": (0, -1)})
rule("z = np.cumprod(x)", "grad_x += np.reshape(cumprod_pull(grad_z, np.ravel(x)), x.shape)")
rule("z = undiff(g, shape)", "grad_g += np.diff(grad_z)", signature="(3)->(4)",
     given={"shape": ((4,),)})
rule("z = np.diff(x)", "grad_x += undiff(grad_z, x.shape)")
function(np.ptp, "np.ptp", "a, axis=None, out=None, keepdims=False")

# Statistics

for _name in ("var", "std"):
    function(getattr(np, _name), f"np.{_name}", "a, axis=None, dtype=None, out=None, ddof=0, "
             "keepdims=False, *, where=True, mean=None, correction=None", result=reduction("float"),
             refuse="dtype mean correction")
for _axis, _mean, _grad, _count in (
    ("", "np.mean(x)", "grad_z", "x.size"),
    (", axis=axis", "np.mean(x, axis=axis, keepdims=True)", "np.expand_dims(grad_z, axis)",
     "x.shape[axis]"),
):
    _given = {"axis": (0, -1)} if _axis else {}
    for _ddof, _less in (("", _count), (", ddof=d", f"({_count} - d)")):
        rule(f"z = np.var(x{_axis}{_ddof})", f"grad_x += {_grad} * 2 * (x - {_mean}) / {_less}",
             given={**_given, "d": (1,)})
        _std = ("grad_z / ({n} * z) if z != 0 else 0.0" if not _axis else
                "np.expand_dims(np.where(z != 0, grad_z / ({n} * z), 0), axis)")
        rule(f"z = np.std(x{_axis}{_ddof})",
             f"grad_x += (x - {_mean}) * ({_std.format(n=_less)})", given={**_given, "d": (1,)})

for _ddof, _less in (("", "x.shape[axis]"), (", ddof=d", "(x.shape[axis] - d)")):
    _rest = "(x - np.mean(x, axis=axis, keepdims=True))"
    rule(f"z = np.var(x, axis=axis{_ddof}, keepdims=True)",
         f"grad_x += grad_z * 2 * {_rest} / {_less}", given={"axis": (0, -1), "d": (1,)})
    rule(f"z = np.std(x, axis=axis{_ddof}, keepdims=True)",
         f"grad_x += {_rest} * np.where(z != 0, grad_z / ({_less} * z), 0)",
         given={"axis": (0, -1), "d": (1,)})



def _quantiles(a: Any, q: Any, axis: Any = None, keepdims: Any = False) -> Any:
    places = 1 if isinstance(q, tuple | list) else rank(q)
    if places > 1 or not is_array(a):
        return None
    whole = reduction("float")(a, axis=axis, keepdims=keepdims)
    return fresh(floating(a), places + rank(whole))


support(carried.quantile_weights, "quantile_weights", "x, q", result=same)
support(carried.quantile_slope, "quantile_slope", "x, q", result=lambda x, q: x.dtype)
function(np.median, "np.median", "a, axis=None, out=None, overwrite_input=False, keepdims=False",
         result=reduction("float"), refuse="overwrite_input")
function(np.quantile, "np.quantile", "a, q, axis=None, out=None, overwrite_input=False, "
         "method='linear', keepdims=False", refuse="method overwrite_input", result=_quantiles)
function(np.percentile, "np.percentile", "a, q, axis=None, out=None, overwrite_input=False, "
         "method='linear', keepdims=False", refuse="method overwrite_input", result=_quantiles)
rule("z = np.median(x)", "grad_x += grad_z * quantile_weights(x, 0.5)")
rule("z = np.quantile(x, q)", "grad_x += grad_z * quantile_weights(x, q)",
     "grad_q += grad_z * quantile_slope(x, q)", domain={"q": (0.32, 0.33)})
function(np.bincount, "np.bincount", "x, /, weights=None, minlength=0",
         result=lambda x, weights=None, minlength=0: fresh(float if weights else np.intp, 1))
rule("z = np.bincount(x, weights=w)", "grad_w += np.take(grad_z, x)", signature="(5),(5)->(k)",
     domain={"x": lambda rng, shape: rng.integers(3, size=shape)})

rule("z = np.bincount(x, weights=w, minlength=n)", "grad_w += np.take(grad_z, x)",
     signature="(5),(5)->(k)", domain={"x": lambda rng, shape: rng.integers(3, size=shape)},
     given={"n": (2, 6)})

# Joining

for _name, _extra in (("concatenate", 0), ("stack", 1)):
    function(getattr(np, _name), f"np.{_name}", "arrays, axis=0, out=None, *, dtype=None, "
             "casting='same_kind'", result=_joined(_extra), refuse="dtype")
for _name, _least in LEAST.items():
    _signature = "tup, *, dtype=None, casting='same_kind'" if _name[3] in "hv" else "tup"
    function(getattr(np, _name.removeprefix("np.")), _name, _signature, refuse="dtype",
             result=joined_type(_least))


def _join(call: ast.Call, rank: Rank) -> Rule | None:
    """Each operand of a join gets its part of the gradient."""
    name = ast.unparse(call.func)
    axis = literal(call.keywords[0].value) if call.keywords else 0
    if not isinstance(call.args[0], ast.Tuple | ast.List) or axis is MISSING:
        return None
    operands = [f"x{k}" for k in range(len(call.args[0].elts))]
    low = rank(call.args[0].elts[0])
    if name == "np.hstack":
        axis = -1 if low <= 2 else 1
    if name in ("np.column_stack", "np.dstack"):
        axis = 1 if name == "np.column_stack" else 2
        if low < axis:
            return None
    stacked = name == "np.stack" or (name == "np.vstack" and low == 1)
    stacked = stacked or (axis == low and name in ("np.column_stack", "np.dstack"))
    before = "..., " if axis < 0 else ":, " * axis
    pulls, start = [], ""
    for k, x in enumerate(operands):
        part = str(k) if stacked else f"{start}:{start}{' + ' if start else ''}{x}.shape[{axis}]"
        pulls.append(f"grad_{x} += grad_z[{before}{part}]")
        start += f"{' + ' if start else ''}{x}.shape[{axis}]"
    display = ", ".join(operands) + ("," if len(operands) == 1 else "")
    display = f"[{display}]" if isinstance(call.args[0], ast.List) else f"({display})"
    keyword = f", axis={axis}" if call.keywords else ""
    return make_rule(f"z = {name}({display}{keyword})", *pulls)


for _name in ("concatenate", "stack", "hstack", "vstack", "column_stack", "dstack"):
    family(f"np.{_name}", _join)

# Repeating and rearranging

function(np.broadcast_to, "np.broadcast_to", "array, shape, subok=False", effect="copied",
         result=lambda array, shape: _of_shape(array, shape))
function(np.repeat, "np.repeat", "a, repeats, axis=None",
         result=lambda a, repeats, axis=None: _scan(a, axis))
function(np.tile, "np.tile", "A, reps",
         result=lambda A, reps: fresh(A.dtype, max(A.ndim, shape_rank(reps))))
function(np.roll, "np.roll", "a, shift, axis=None", result=same)
function(np.flip, "np.flip", "m, axis=None", result=lambda m, axis=None: m.copy(layout="A"),
         effect="view")
function(np.squeeze, "np.squeeze", "a, axis=None", effect="view",
         result=lambda a, axis=None: None if axis is None else fresh(a.dtype,
                                                                     a.ndim - shape_rank(axis)))
function(np.swapaxes, "np.swapaxes", "a, axis1, axis2", effect="view",
         result=lambda a, axis1, axis2: a.copy(layout="A"))
function(np.moveaxis, "np.moveaxis", "a, source, destination", effect="view",
         result=lambda a, source, destination: a.copy(layout="A" if a.ndim > 1 else a.layout))
for _ndim in (2, 3):
    function(getattr(np, f"atleast_{_ndim}d"), f"np.atleast_{_ndim}d", "x", effect="view",
             result=lambda x, least=_ndim: fresh(x.dtype if is_array(x) else promoted_scalar(x),
                                                 max(rank(x), least)))
function(np.atleast_1d, "np.atleast_1d", "x", effect="view",
         result=lambda x: x if is_array(x) and x.ndim else fresh(floating(x), 1))
function(np.pad, "np.pad", "array, pad_width, mode='constant', *, constant_values=0", result=same)
function(np.sort, "np.sort", "a, axis=-1, kind=None, order=None, *, stable=None", result=same,
         refuse="kind stable")
function(np.take, "np.take", "a, indices, axis=None, out=None, mode='raise'", refuse="mode",
         result=lambda a, indices, axis=None: fresh(
             a.dtype, rank(nested(indices) if isinstance(indices, tuple | list) else indices)
             + (a.ndim - 1 if axis is not None else 0)) if is_array(a) else None)
function(np.searchsorted, "np.searchsorted", "a, v, side='left', sorter=None", derivative=False,
         result=lambda a, v, side="left": fresh(np.intp, rank(v)))


def _of_shape(array: Any, shape: Any) -> Any:
    return fresh(array.dtype if is_array(array) else promoted(array), shape_rank(shape))


for _from in ("(1,4)", "(4)", "(3,1)", "(2,1,4)", "(5,1,3,1)"):
    rule("z = np.broadcast_to(x, shape)", "grad_x += unbroadcast(grad_z, x.shape)",
         signature=f"{_from}->(k)",
         given={"shape": ((5, 2, 3, 4),) if len(_from) > 5 else ((3, 4), (2, 3, 4))})
rule("z = np.broadcast_to(x, shape)", "grad_x += np.sum(grad_z)", signature="()->(3,4)",
     given={"shape": ((3, 4), (2,))})
rule("z = np.repeat(x, n)",
     "grad_x += np.reshape(np.sum(np.reshape(grad_z, (x.size, n)), axis=1), x.shape)",
     given={"n": (3, 1)})
for _from in ("(4),(4)", "(3,4),(12)"):
    rule("z = np.repeat(x, n)", "grad_x += np.reshape("
         "add_at(np.repeat(np.arange(x.size), n), grad_z, (x.size,)), x.shape)",
         signature=f"{_from}->(k)", domain={"n": lambda rng, shape: rng.integers(3, size=shape)})
rule("z = np.repeat(x, n, axis=0)",
     "grad_x += np.sum(np.reshape(grad_z, (x.shape[0], n, x.shape[1])), axis=1)",
     signature="(n,m)->(k,m)", given={"n": (3,)})
rule("z = np.repeat(x, n, axis=1)",
     "grad_x += np.sum(np.reshape(grad_z, (x.shape[0], x.shape[1], n)), axis=2)",
     signature="(n,m)->(n,k)", given={"n": (3,)})
rule("z = np.tile(x, n)", "grad_x += np.sum(np.reshape(grad_z, (n, x.size)), axis=0)",
     signature="(n)->(m)", when=lambda given: not isinstance(given["n"], ast.Tuple),
     given={"n": (3,)})
rule("z = np.roll(x, k)", "grad_x += np.roll(grad_z, -k)", given={"k": (2, -1)})
rule("z = np.roll(x, k, axis=axis)", "grad_x += np.roll(grad_z, -k, axis=axis)",
     given={"k": (2,), "axis": (0, -1)})
rule("z = np.flip(x)", "grad_x += np.flip(grad_z)")
rule("z = np.flip(x, axis=axis)", "grad_x += np.flip(grad_z, axis=axis)", given={"axis": (0, -1)})
rule("z = np.squeeze(x, axis=axis)", "grad_x += np.reshape(grad_z, x.shape)",
     signature="(1,3)->(3)", given={"axis": (0,)})
for _from in ("(n,m)", "(n,m,k)"):
    rule("z = np.swapaxes(x, i, j)", "grad_x += np.swapaxes(grad_z, i, j)",
         signature=f"{_from}->(j)", given={"i": (0,), "j": (1, -1)})
    rule("z = np.moveaxis(x, i, j)", "grad_x += np.moveaxis(grad_z, j, i)",
         signature=f"{_from}->(j)", given={"i": (0, -1), "j": (1, -2)})
rule("z = np.moveaxis(x, i, j)", "grad_x += grad_z", signature="(n)->(n)",
     given={"i": (0,), "j": (-1,)})
for _ndim in (2, 3):
    rule(f"z = np.atleast_{_ndim}d(x)", "grad_x += np.reshape(grad_z, x.shape)", when="array")
rule("z = np.atleast_1d(x)", "grad_x += np.reshape(grad_z, x.shape)", when="array")
rule("z = np.atleast_1d(x)", "grad_x += grad_z[0]", when="scalar")
rule("z = np.pad(x, n)", "grad_x += grad_z[n:n + x.shape[0]]", signature="(n)->(m)",
     when=lambda given: not isinstance(given["n"], ast.Tuple), given={"n": (2,)})
rule("z = np.pad(x, (a, b))", "grad_x += grad_z[a:a + x.shape[0]]", signature="(n)->(m)",
     given={"a": (2,), "b": (0, 1)})
rule("z = np.pad(x, n)", "grad_x += grad_z[n:n + x.shape[0], n:n + x.shape[1]]",
     signature="(n,m)->(k,j)", when=lambda given: not isinstance(given["n"], ast.Tuple),
     given={"n": (2,)})
rule("z = np.pad(x, ((a, b), (c, d)))", "grad_x += grad_z[a:a + x.shape[0], c:c + x.shape[1]]",
     signature="(n,m)->(k,j)", given={"a": (2,), "b": (0,), "c": (1,), "d": (0, 2)})
rule("z = np.sort(x)", "grad_x += add_at(np.argsort(x), grad_z, x.shape)", signature="(n)->(n)")
rule("z = np.take(x, i)", "grad_x += add_at(i, grad_z, x.shape)", signature="(4),(6)->(6)",
     domain={"i": lambda rng, shape: rng.integers(4, size=shape)})
rule("z = np.take(x, i)", "grad_x += put_at(i, grad_z, x.shape)", signature="(4),()->()",
     given={"i": (2, -1)})
rule("z = np.take(x, i)", "grad_x += put_at(i, grad_z, x.shape)", signature="(3,4),()->()",
     given={"i": (7,)})
rule("z = np.take(x, i, axis=0)", "grad_x += add_at(i, grad_z, x.shape)",
     signature="(4,2),(6)->(6,2)", domain={"i": lambda rng, shape: rng.integers(4, size=shape)})
support(selections.take_lines, "take_lines", "x, index, axis", derivative=False,
        result=lambda x, index, axis: fresh(x.dtype, 3))
support(selections.add_lines_at, "add_lines_at", "index, value, shape, axis",
        result=lambda index, value, shape, axis: fresh(value.dtype, shape_rank(shape)))
for _from, _axes in (("(3,4)", (0, 1, -1)), ("(3,4,3)", (0, 1, 2, -2)), ("(3,3,3,4)", (0, 2, 3))):
    rule("z = np.take(x, i, axis=axis)", "grad_x += add_lines_at(i, grad_z, x.shape, axis)",
         signature=f"{_from},(6)->(k)", given={"axis": _axes},
         domain={"i": lambda rng, shape: rng.integers(3, size=shape)})
    rule("z = add_lines_at(i, v, shape, axis)", "grad_v += np.take(grad_z, i, axis=axis)",
         signature=f"(3),{_from}->(k)",
         given={"axis": (0,), "shape": ((5, *map(int, _from[3:-1].split(",")),),)},
         domain={"i": lambda rng, shape: rng.integers(5, size=shape)})

# Convolution and interpolation

for _name, _mode in (("convolve", "full"), ("correlate", "valid")):
    function(getattr(np, _name), f"np.{_name}", f"a, v, mode='{_mode}'", result=of_rank(1, 0, 1))
support(signals.convolve_full, "convolve_full", "x, y", result=same, derivative=False)
support(signals.correlate_valid, "correlate_valid", "x, y", result=same, derivative=False)
rule("z = np.convolve(x, y)", "grad_x += np.correlate(grad_z, y)",
     "grad_y += np.correlate(grad_z, x)", signature="(n),(m)->(k)")
rule("z = np.convolve(x, y, mode='valid')", "grad_x += np.convolve(grad_z, y[::-1])",
     "grad_y += np.correlate(x, grad_z)[::-1]", signature="(6),(3)->(4)")
rule("z = np.correlate(x, y)", "grad_x += np.convolve(grad_z, y)",
     "grad_y += np.correlate(x, grad_z)", signature="(6),(3)->(4)")
support({0: carried.interp_slope_scalar, None: carried.interp_slope}, "interp_slope", "x, xp, fp",
        result=lambda x, xp, fp: fresh(x.dtype, 1) if is_array(x) else x)
support({0: carried.interp_pull_scalar, None: carried.interp_pull}, "interp_pull", "g, x, xp",
        result=lambda g, x, xp: fresh(g.dtype if is_array(g) else g, 1))
function(np.interp, "np.interp", "x, xp, fp, left=None, right=None, period=None",
         refuse="left right period", result=lambda x, xp, fp: fresh(float, rank(x)))
rule("z = np.interp(x, xp, fp)", "grad_x += grad_z * interp_slope(x, xp, fp)",
     "grad_xp -= interp_pull(grad_z * interp_slope(x, xp, fp), x, xp)",
     "grad_fp += interp_pull(grad_z, x, xp)", signature="(7),(4),(4)->(7)",
     domain={"x": (-0.3, 3.4), "xp": lambda rng, shape: np.arange(4.0)})
rule("z = np.interp(x, xp, fp)", "grad_x += grad_z * interp_slope(x, xp, fp)",
     "grad_xp -= interp_pull(grad_z * interp_slope(x, xp, fp), x, xp)",
     "grad_fp += interp_pull(grad_z, x, xp)", signature="(),(4),(4)->()",
     domain={"x": (1.2, 1.4), "xp": lambda rng, shape: np.arange(4.0)})
