"""Rules for NumPy functions that sort, scan and select along an axis, and for positions."""

# fmt: off
# Tables read better in lines than one argument a line.

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from . import order_statistics, selections
from .bare_names import support
from .declarations import function
from .patterns import rule
from .results import fresh, is_array, rank, same

AXES = (0, -1)


def _data(ndim: int) -> Any:
    return lambda *_: fresh(np.intp, ndim)


# Along an axis

for _name in ("sort_along", "cumsum_along", "cumprod_along"):
    support(getattr(order_statistics, _name), _name, "x, axis", result=same)
for _name in ("sort_pull", "cumprod_pull_along"):
    support(getattr(order_statistics, _name), _name, "g, x, axis",
            result=lambda g, x, axis: same(x))

for _rank in ("(n,m)", "(n,m,k)"):
    rule("z = np.sort(x)", "grad_x += sort_pull(grad_z, x, -1)", signature=f"{_rank}->{_rank}")
rule("z = np.sort(x, axis=axis)", "grad_x += sort_pull(grad_z, x, axis)", given={"axis": AXES})
rule("z = np.cumprod(x, axis=axis)", "grad_x += cumprod_pull_along(grad_z, x, axis)",
     given={"axis": AXES})

support(order_statistics.quantiles_pull, "quantiles_pull", "g, x, q",
        result=lambda g, x, q: fresh(g.dtype, x.ndim))
support(order_statistics.quantile_slopes, "quantile_slopes", "x, q", result=lambda x, q: same(q))
for _rank in ("(5)", "(3,4)", "(2,3,4)"):
    rule("z = np.quantile(x, q)", "grad_x += quantiles_pull(grad_z, x, q)",
         "grad_q += grad_z * quantile_slopes(x, q)", signature=f"{_rank},(3)->(3)",
         domain={"q": (0.32, 0.43)})

# Positions

support(selections.take_along_axis, "take_along_axis", "x, index, axis", public=np.take_along_axis,
        result=lambda x, index, axis: fresh(x.dtype, x.ndim) if is_array(x) else None)
support(selections.add_along_axis, "add_along_axis", "index, value, shape, axis",
        result=lambda index, value, shape, axis: same(value))
rule("z = take_along_axis(x, i, axis)", "grad_x += add_along_axis(i, grad_z, x.shape, axis)",
     signature="(3,3),(3,3)->(3,3)", given={"axis": (0, 1, -1)},
     domain={"i": lambda rng, shape: rng.integers(3, size=shape)})
rule("z = add_along_axis(i, v, shape, axis)", "grad_v += take_along_axis(grad_z, i, axis)",
     signature="(3,3),(3,3)->(3,3)", given={"shape": ((3, 3),), "axis": (0, 1, -1)},
     domain={"i": lambda rng, shape: rng.integers(3, size=shape)})

function(np.flatnonzero, "np.flatnonzero", "a", result=_data(1), derivative=False)
support(selections.mask_positions, "mask_positions", "mask, axis", result=_data(1),
        derivative=False)
support(selections.positions_without, "positions_without", "index, size", result=_data(1),
        derivative=False)
for _name in ("triu_positions", "tril_positions"):
    support(getattr(selections, _name), _name, "n, k, axis", result=_data(1), derivative=False)
support(selections.binary_exponent, "binary_exponent", derivative=False,
        result=lambda x: types.intp)
support(selections.compensated_sum, "compensated_sum",
        result=lambda x: x.dtype if is_array(x) else None)
rule("z = compensated_sum(x)", "grad_x += grad_z", spread=True, signature="(n)->()")
support(selections.pad_vector, "pad_vector", "x, before, after", result=same)
support(selections.pad_matrix, "pad_matrix", "x, top, bottom, left, right", result=same)
support(selections.vector_length, "vector_length", derivative=False,
        result=lambda x: types.intp if rank(x) == 1 else None)
