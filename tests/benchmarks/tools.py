"""Tools: for each way to a gradient, the function that is timed.

In: a problem and arguments. Out: a function without parameters that gives ``(value, gradient,
...)``, ready when it returns; None where the tool has no form of the problem.

Invariant: nothing is imported before it is used, so that a process that measures one tool has
only that one; arguments are given to a tool in its own kind of array, outside of the timing.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from .problem import Problem

Run = Callable[[], Any]

ONE_THREAD = {
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "JAX_PLATFORMS": "cpu",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}
"""Environment of every process that measures; libraries read it when they are loaded."""


def one_thread() -> None:
    """Keep this process on one processor."""
    os.environ.update(ONE_THREAD)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def srcgrad(problem: Problem, args: tuple[Any, ...]) -> Run:
    """The gradient that srcgrad makes."""
    from srcgrad import value_and_grad

    gradient = value_and_grad(problem.function, wrt=problem.wrt, out=problem.out)
    program = problem.compose(gradient) if problem.compose else gradient
    return lambda: program(*args)


def primal(problem: Problem, args: tuple[Any, ...]) -> Run:
    """The function itself under ``@njit``; no gradient."""
    from srcgrad.compiled import compiled

    function = problem.primal or compiled(problem.function)  # type: ignore[arg-type]
    return lambda: function(*args)


def hand(problem: Problem, args: tuple[Any, ...]) -> Run:
    """The gradient by hand, in Numba."""
    return lambda: problem.hand(*args)


def jax(problem: Problem, args: tuple[Any, ...]) -> Run | None:
    """JAX, jitted, float64, on the processor."""
    import jax

    jax.config.update("jax_enable_x64", True)
    if problem.jax is not None:
        function = problem.jax(jax)
    elif problem.array is not None:
        function = problem.array(jax.numpy)
    else:
        return None
    by = positions(problem)
    static = tuple(k for k, a in enumerate(args) if not isinstance(a, np.ndarray) and k not in by)
    if problem.compose is None:
        function = jax.value_and_grad(function, argnums=by)
    compiled = jax.jit(function, static_argnums=static)
    given = [a if k in static else jax.numpy.asarray(a) for k, a in enumerate(args)]
    return lambda: jax.block_until_ready(compiled(*given))


def autograd(problem: Problem, args: tuple[Any, ...]) -> Run | None:
    """autograd, which traces each call."""
    if problem.array is None:
        return None
    import autograd
    import autograd.numpy

    gradient = autograd.value_and_grad(problem.array(autograd.numpy), positions(problem))
    return lambda: gradient(*args)


def torch(problem: Problem, args: tuple[Any, ...]) -> Run | None:
    """PyTorch, eager, where it is installed and has the functions that the array form needs."""
    if problem.array is None:
        return None
    import torch

    torch.set_num_threads(1)
    function, by = problem.array(torch), positions(problem)

    def run() -> Any:
        given: list[Any] = [torch.tensor(a) if isinstance(a, np.ndarray) else a for a in args]
        for k in by:
            given[k] = torch.as_tensor(given[k], dtype=torch.float64).requires_grad_(True)
        value = function(*given)
        value.backward()
        return (value.item(), *(given[k].grad.numpy() for k in by))

    return run


def positions(problem: Problem) -> tuple[int, ...]:
    """Where the parameters of ``wrt`` stand."""
    code = problem.function.__code__
    return tuple(code.co_varnames.index(name) for name in problem.wrt)


TOOLS: dict[str, Callable[[Problem, tuple[Any, ...]], Run | None]] = {
    "srcgrad": srcgrad,
    "primal": primal,
    "hand": hand,
    "jax": jax,
    "autograd": autograd,
    "torch": torch,
}


def installed() -> list[str]:
    """The tools that can be run here."""
    ours = ["srcgrad", "primal", "hand"]
    return ours + [t for t in ("jax", "autograd", "torch") if importlib.util.find_spec(t)]


def as_numpy(result: Any) -> Any:
    """A result with NumPy's arrays in it."""
    if isinstance(result, tuple | list):
        return tuple(map(as_numpy, result))
    return np.asarray(result)
