"""Vectormath: the mathematical functions of loops, as arithmetic that LLVM vectorises.

In: a function's name as listings have it (``exp_f64``). Out: its source, with what it calls
(``sources``), and the compiled function, one for all modules of a process (``compiled``).

Invariant: each is right to the figure of its row in ``ACCURACY``, in units in the last place,
whatever the caller's ``fastmath`` is: it is compiled with options of its own.
"""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Iterable, Mapping
from types import FunctionType

from . import circular, error_function, exponentials, logarithms

DECORATOR = '@numba.njit(error_model="numpy", fastmath={"contract"}, forceinline=True)'
"""Sums keep their order in here; multiply-adds may be contracted."""

ACCURACY: Mapping[str, tuple[float, float]] = {
    "exp": (1, 1),
    "exp_weight": (1, 1),
    "exp2": (1, 1),
    "expm1": (1, 1),
    "log": (1, 1),
    "log2": (1, 1),
    "log10": (1, 1),
    "log1p": (1, 1),
    "sinh": (1, 1),
    "cosh": (1, 1),
    "tanh": (2, 1),
    "sigmoid": (1, 1),
    "erf": (1, 1),
    "sin": (1, 1),
    "cos": (1, 1),
    "tan": (1, 1),
    "pow": (1, 1),
}
"""The functions there are, and the largest error in ulp, for float64 and for float32."""

FUNCTIONS: Mapping[str, FunctionType] = {
    name: function
    for module in (exponentials, logarithms, error_function, circular)
    for name, function in vars(module).items()
    if isinstance(function, FunctionType) and function.__module__ == module.__name__
}
"""Every function by name, with those that others call."""


def sources(names: Iterable[str]) -> dict[str, str]:
    """The decorated sources of functions by name, each after those that it calls."""
    found: dict[str, str] = {}
    for name in names:
        if name in FUNCTIONS and name not in found:
            text = inspect.getsource(FUNCTIONS[name]).strip()
            found |= {k: v for k, v in sources(_called(name)).items() if k not in found}
            found[name] = f"{DECORATOR}\n{text}"
    return found


@functools.cache
def _called(name: str) -> tuple[str, ...]:
    """The other functions that a function calls, in order."""
    tree = ast.parse(inspect.getsource(FUNCTIONS[name]))
    loads = (n.id for n in ast.walk(tree) if isinstance(n, ast.Name))
    return tuple(dict.fromkeys(n for n in loads if n in FUNCTIONS and n != name))
